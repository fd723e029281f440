"""The same steps in PyTorch: eager and compiled, fused optimizers, and residual partitioning in chunks of outputs."""
from importlib.metadata import version

import backpack
import torch
from backpack.extensions import DiagGGNExact
from torch.nn.functional import linear, mse_loss

from timing import best_seconds


def contestants(problem, threads):
    torch.set_num_threads(threads)
    batch = torch.tensor(problem.batch)
    rates = problem.learningRates

    def fresh():
        return [tuple(torch.tensor(a, requires_grad=True) for a in layer) for layer in problem.layers]

    def forward(layers):
        a = batch
        for weight, bias in layers[:-1]:
            a = torch.tanh(linear(a, weight, bias))
        return linear(a, *layers[-1])

    def plain(make_optimizer, compiled):
        def make(setting=None):
            layers = fresh()
            optimizer = make_optimizer([p for layer in layers for p in layer])

            def loss_of():
                return mse_loss(forward(layers), batch)

            loss_of = torch.compile(loss_of) if compiled else loss_of

            def step():
                optimizer.zero_grad(set_to_none=True)
                loss = loss_of()
                loss.backward()
                optimizer.step()
                return loss.item()

            return step, lambda: [[p.detach().numpy() for p in layer] for layer in layers], setting

        return make

    def rp(compiled):
        def chunk(weights, derivatives, norms, rows, vs):
            """Adds the outputs of these rows of the last weights to the hidden layers' v; returns their residuals."""
            delta = rows.unsqueeze(0) * derivatives[-1].unsqueeze(1)  # [batch, size, units]
            deltas = [delta]
            for weight, derivative in zip(reversed(weights[1:-1]), reversed(derivatives[:-1])):
                delta = torch.matmul(delta, weight) * derivative.unsqueeze(1)
                deltas.insert(0, delta)
            absolute = [d.abs() for d in deltas]
            residual = norms[-1].unsqueeze(1) + sum(
                a.sum(2) * norm.unsqueeze(1) for a, norm in zip(absolute, norms[:-1])
            )
            sums = [v + torch.bmm(residual.unsqueeze(1), a).squeeze(1) for v, a in zip(vs, absolute)]
            return residual, sums

        chunk_of = torch.compile(chunk, dynamic=False) if compiled else chunk

        def make(setting=None):
            layers = fresh()

            def step_with(size):
                for layer in layers:
                    for p in layer:
                        p.grad = None
                activations, derivatives, a = [batch], [], batch
                for weight, bias in layers[:-1]:
                    a = torch.tanh(linear(a, weight, bias))
                    activations.append(a)
                y = linear(a, *layers[-1])
                loss = mse_loss(y, batch)
                loss.backward()
                with torch.no_grad():
                    activations = [a.detach() for a in activations]
                    derivatives = [1 - a * a for a in activations[1:]]
                    norms = [a.abs().sum(1) + 1 for a in activations]
                    weights = [weight.detach() for weight, _ in layers]
                    vs = [torch.zeros_like(d) for d in derivatives]
                    parts = []
                    for rows in weights[-1].split(size):
                        part, vs = chunk_of(weights, derivatives, norms, rows, vs)
                        parts.append(part)
                    scale = 2 / y.numel()
                    for (weight, bias), v, a in zip(layers, [*vs, torch.cat(parts, 1)], activations):
                        v = v * scale
                        for p, h in ((weight, v.T @ a.abs()), (bias, v.sum(0))):
                            direction = torch.where(h == 0, torch.zeros_like(h), p.grad / h)
                            p -= rates["rp"] * direction
                return loss.item()

            if setting is None:
                times = {size: best_seconds(lambda: step_with(size), 5) for size in problem.chunk_sizes()}
                setting = min(times, key=times.get)
            return (
                lambda: step_with(setting),
                lambda: [[p.detach().numpy() for p in layer] for layer in layers],
                setting,
            )

        return make

    def sgemm(setting=None):
        a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
        out = torch.empty(1024, 1024)

        def step():
            torch.mm(a, b, out=out)
            return 0.0

        return step, lambda: [], setting

    def diag_ggn(setting=None):
        modules = []
        for index, (weight, bias) in enumerate(problem.layers):
            module = torch.nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                module.weight.copy_(torch.tensor(weight))
                module.bias.copy_(torch.tensor(bias))
            modules.append(module)
            if index < len(problem.layers) - 1:
                modules.append(torch.nn.Tanh())
        model = backpack.extend(torch.nn.Sequential(*modules))
        loss_function = backpack.extend(torch.nn.MSELoss())

        def step():
            model.zero_grad()
            loss = loss_function(model(batch), batch)
            with backpack.backpack(DiagGGNExact()):
                loss.backward()
            return loss.item()

        return step, lambda: [], setting

    def sgd(parameters):
        return torch.optim.SGD(parameters, lr=rates["sgd"], fused=True)

    def adam(parameters):
        return torch.optim.Adam(parameters, lr=rates["adam"], fused=True)

    table = {
        "sgemm": sgemm,
        "sgd": plain(sgd, False),
        "sgd compiled": plain(sgd, True),
        "adam": plain(adam, False),
        "adam compiled": plain(adam, True),
        "rp": rp(False),
        "rp compiled": rp(True),
        "diagonal GGN (BackPACK)": diag_ggn,
    }
    return table, {"torch": torch.__version__, "backpack": version("backpack-for-pytorch")}
