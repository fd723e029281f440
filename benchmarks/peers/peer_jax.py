"""The same steps in JAX: everything under jit, optax for SGD and Adam, residual partitioning in chunks of outputs."""
import os


def contestants(problem, threads):
    # Read when JAX starts; its CPU backend takes its threads from the processors it may run on.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import jax
    import jax.numpy as jnp
    import optax

    from timing import best_seconds

    batch = jnp.asarray(problem.batch)
    rates = problem.learningRates

    def fresh():
        return [tuple(jnp.array(a) for a in layer) for layer in problem.layers]

    def activations_of(layers):
        a = [batch]
        for weight, bias in layers[:-1]:
            a.append(jnp.tanh(a[-1] @ weight.T + bias))
        return a

    def loss_of(layers):
        weight, bias = layers[-1]
        y = activations_of(layers)[-1] @ weight.T + bias
        return jnp.mean((y - batch) ** 2)

    def stepper(update, state, setting):
        jitted = jax.jit(update, donate_argnums=(0,))
        held = [state]

        def step():
            held[0], loss = jitted(held[0])
            return float(loss.block_until_ready())

        return step, lambda: held[0][0], setting

    def plain(optimizer):
        def make(setting=None):
            def update(state):
                layers, memory = state
                loss, gradient = jax.value_and_grad(loss_of)(layers)
                change, memory = optimizer.update(gradient, memory, layers)
                return (optax.apply_updates(layers, change), memory), loss

            layers = fresh()
            return stepper(update, (layers, optimizer.init(layers)), setting)

        return make

    def curvature(layers, size):
        a = activations_of(layers)
        derivatives = [1 - x * x for x in a[1:]]
        norms = [jnp.abs(x).sum(1) + 1 for x in a]
        weights = [weight for weight, _ in layers]

        def chunk(sums, rows):
            delta = rows[None] * derivatives[-1][:, None]
            deltas = [delta]
            for weight, derivative in zip(reversed(weights[1:-1]), reversed(derivatives[:-1])):
                delta = (delta @ weight) * derivative[:, None]
                deltas.insert(0, delta)
            absolute = [jnp.abs(d) for d in deltas]
            residual = norms[-1][:, None] + sum(x.sum(2) * n[:, None] for x, n in zip(absolute, norms))
            sums = [v + jnp.einsum("bk,bki->bi", residual, x) for v, x in zip(sums, absolute)]
            return sums, residual

        top = weights[-1].reshape(-1, size, weights[-1].shape[1])
        sums, parts = jax.lax.scan(chunk, [jnp.zeros_like(d) for d in derivatives], top)
        residual = jnp.moveaxis(parts, 0, 1).reshape(batch.shape[0], -1)
        scale = 2 / batch.size
        return [((scale * v).T @ jnp.abs(x), (scale * v).sum(0)) for v, x in zip([*sums, residual], a)]

    def rp(setting=None):
        def with_size(size):
            def update(state):
                (layers,) = state
                loss, gradient = jax.value_and_grad(loss_of)(layers)
                h = curvature(layers, size)
                step = lambda w, g, d: w - rates["rp"] * jnp.where(d == 0, 0, g / d)
                return (jax.tree.map(step, layers, gradient, h),), loss

            return stepper(update, (fresh(),), size)

        if setting is None:
            times = {size: best_seconds(with_size(size)[0], 5) for size in problem.chunk_sizes()}
            setting = min(times, key=times.get)
        return with_size(setting)

    table = {"sgd": plain(optax.sgd(rates["sgd"])), "adam": plain(optax.adam(rates["adam"])), "rp": rp}
    return table, {"jax": jax.__version__, "optax": optax.__version__}
