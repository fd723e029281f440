// The objective is the mean of L(y_s) = (y_s − t_s)² over the S values of a batch's outputs.

/** L'' */
export const SECOND_DERIVATIVE = 2;
