/** Of a network's shape: the loss of all that says nothing of losses. */
export const squaredError = { loss: "mse", curvatureBound: "jaakkola-jordan" } as const;
