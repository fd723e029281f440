"""A peer as a resident process: it reads commands as JSON lines on stdin and answers each with one on stdout.

    python worker.py pytorch|jax PROBLEM_DIR THREADS

    {"command": "list"}                                  -> {"names": [...], "versions": {...}}
    {"command": "prepare", "name": N}                    -> {"setting": ...}   compile, find the best chunk size
    {"command": "check", "name": N, "out": FILE}         -> {"loss": x}        one step from the start, parameters to FILE
    {"command": "time", "name": N, "steps": n}           -> {"seconds": [...]} after one step that is not timed

PROBLEM_DIR holds problem.json (layer sizes, batch size, rates), parameters.f32 and batch.f32, laid out as in rp-bench.
"""
import json
import os
import sys
import time

import numpy as np


class Problem:
    def __init__(self, folder):
        with open(os.path.join(folder, "problem.json")) as file:
            self.__dict__.update(json.load(file))  # layerSizes, batchSize, learningRates
        flat = np.fromfile(os.path.join(folder, "parameters.f32"), np.float32)
        self.batch = np.fromfile(os.path.join(folder, "batch.f32"), np.float32).reshape(self.batchSize, -1)
        self.layers, at = [], 0
        for inputs, outputs in zip(self.layerSizes, self.layerSizes[1:]):
            weights = flat[at : at + inputs * outputs].reshape(outputs, inputs)
            at += inputs * outputs
            self.layers.append((weights.copy(), flat[at : at + outputs].copy()))
            at += outputs

    def chunk_sizes(self):
        """Outputs handled at once: the divisors of their number from 16 up, and all of them."""
        outputs = self.layerSizes[-1]
        return [n for n in range(16, outputs + 1) if outputs % n == 0]


def flatten(layers):
    return np.concatenate([np.asarray(a, np.float32).ravel() for layer in layers for a in layer])


def serve(contestants, versions):
    """contestants: name -> maker; a maker returns (step, parameters, setting); step() gives the loss as a float."""
    made = {}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to stderr
    for line in sys.stdin:
        request = json.loads(line)
        name = request.get("name")
        try:
            if request["command"] == "list":
                answer = {"names": list(contestants), "versions": versions}
            elif request["command"] == "prepare":
                made[name] = contestants[name]()
                answer = {"setting": made[name][2]}
            elif request["command"] == "check":
                step, parameters, _ = contestants[name](made[name][2])
                loss = step()
                flatten(parameters()).tofile(request["out"])
                answer = {"loss": loss}
            else:
                step = made[name][0]
                step()
                seconds = []
                for _ in range(request["steps"]):
                    start = time.perf_counter()
                    step()
                    seconds.append(time.perf_counter() - start)
                answer = {"seconds": seconds}
        except Exception as error:  # one line for the driver, which goes on without this contestant
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    kind, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if kind == "pytorch":
        import peer_pytorch as peer
    else:
        import peer_jax as peer
    serve(*peer.contestants(Problem(folder), threads))
