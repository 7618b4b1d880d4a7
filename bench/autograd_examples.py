"""What HIPS autograd shows itself with: its examples as plain NumPy, at its sizes, to be differentiated and timed.

Each function is made by a factory of the module that plays NumPy: ``numpy`` for mibun, ``jax.numpy`` and
``autograd.numpy`` for the peers, which have to run the very same lines. For their sake nothing is assigned in place.

``EXAMPLES`` is the table; a row says what is asked: the gradient by some of the arguments, or the derivatives of a
function of one number up to an order, at every point of an array. The arguments are the same in every run: the streams
of ``RandomState`` are frozen. What JAX answers stands in ``tests/data/autograd_examples.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy
from numpy.random import RandomState

FULL = 200  # components up to which a derivative is kept whole
SOME = 24  # components that are kept of a larger one

Fn = Callable[..., Any]


@dataclass(frozen=True)
class Example:
    """A function of ``arguments``, and the derivatives asked of it.

    ``by`` are the numbers of the arguments to differentiate by, each an array or nested arrays. With an ``order`` the
    function takes one array, elementwise, and its derivatives from the first up to this order are asked.
    """

    name: str
    size: str
    make: Callable[[Any], Fn]  # of the module that plays NumPy
    draw: Callable[[RandomState], tuple[Any, ...]]
    by: tuple[int, ...] = (0,)
    order: int = 0

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Fresh copies: whoever changes them spoils nothing."""
        return self.draw(RandomState(0))

    def results(self, np: Any, grad: Callable[[Fn, Any], Fn], arguments: tuple[Any, ...]) -> list[Any]:
        """The value and what is asked, by a peer's or mibun's ``grad(fn, argnums)``."""
        fn = self.make(np)
        if not self.order:
            return [fn(*arguments), *(grad(fn, number)(*arguments) for number in self.by)]
        derivatives = [fn]
        for _ in range(self.order):
            derivatives.append(elementwise(np, grad, derivatives[-1]))
        return [derivative(*arguments) for derivative in derivatives]


def elementwise(np: Any, grad: Callable[[Fn, Any], Fn], fn: Fn) -> Fn:
    """The derivative of an elementwise function: the gradient of the sum of its values."""
    return grad(lambda x: np.sum(fn(x)), 0)


def leaves(tree: Any) -> Iterator[Any]:
    """The arrays in nested tuples, lists and dicts, from the left; of a dict by its sorted keys, as JAX does."""
    if isinstance(tree, dict):
        for key in sorted(tree):
            yield from leaves(tree[key])
    elif isinstance(tree, tuple | list):
        for branch in tree:
            yield from leaves(branch)
    else:
        yield tree


def summary(array: Any) -> dict[str, Any]:
    """What is kept of a derivative: all its components, or some spread evenly, with their sum and norm.

    The components are to agree to 1e-9 of the largest, the sum to 1e-9 of the sum of absolute values: a sum of terms
    that cancel each other has no digits of its own.
    """
    array = numpy.asarray(array, dtype=float)
    flat = array.ravel()
    at = numpy.arange(flat.size) if flat.size <= FULL else numpy.linspace(0, flat.size - 1, SOME).astype(int)
    return {
        "shape": list(array.shape),
        "sum": float(flat.sum()),
        "absolute": float(numpy.abs(flat).sum()),
        "norm": float(numpy.linalg.norm(flat)),
        "largest": float(numpy.abs(flat).max()),
        "at": at.tolist(),
        "values": flat[at].tolist(),
    }


# Regression


def linear_regression(np: Any) -> Fn:
    """Half the mean square of what a linear prediction misses."""

    def loss(weights: Any, intercept: Any, inputs: Any, targets: Any) -> Any:
        missed = inputs @ weights + intercept - targets
        return np.mean(missed**2) / 2

    return loss


def draw_linear(random: RandomState) -> tuple[Any, ...]:
    inputs = random.randn(100, 10)
    targets = inputs @ random.randn(10) + 3 + 0.1 * random.randn(100)
    return random.randn(10), 0.5, inputs, targets


def logistic_regression(np: Any) -> Fn:
    """Minus the log likelihood of labels 0 and 1, the probability of a 1 being (1 + tanh(x·w)) / 2."""

    def loss(weights: Any, inputs: Any, labels: Any) -> Any:
        ones = (1 + np.tanh(inputs @ weights)) / 2
        given = np.where(labels == 1, ones, 1 - ones)
        return -np.sum(np.log(given))

    return loss


def draw_logistic(random: RandomState) -> tuple[Any, ...]:
    inputs = random.randn(100, 10)
    labels = (inputs @ random.randn(10) + random.randn(100) > 0).astype(int)
    return 0.5 * random.randn(10), inputs, labels


def gaussian_process(np: Any) -> Fn:
    """Minus the log marginal likelihood of a Gaussian process with a squared exponential kernel."""

    def loss(parameters: Any, inputs: Any, targets: Any) -> Any:
        mean, noise, scale, width = parameters
        far = (inputs[:, None] - inputs[None, :]) / np.exp(width)
        count = inputs.shape[0]
        covariance = np.exp(scale) * np.exp(-(far**2) / 2) + (np.exp(noise) + 1e-4) * np.eye(count)
        residual = targets - mean
        _, logdet = np.linalg.slogdet(covariance)
        quadratic = residual @ np.linalg.solve(covariance, residual)
        return (quadratic + logdet + count * np.log(2 * np.pi)) / 2

    return loss


def draw_process(random: RandomState) -> tuple[Any, ...]:
    times = numpy.concatenate([numpy.linspace(0, 3, 10), numpy.linspace(6, 8, 10)])
    targets = (numpy.cos(times) + 0.1 * random.randn(20)) / 2
    return 0.1 * random.randn(4) - numpy.array([0.0, 2.0, 0.0, 0.0]), (times - 4) / 2, targets


# Mixtures and variational inference


def log_sum_exp(np: Any, x: Any, axis: int) -> Any:
    """ln Σ eˣ along an axis that is kept, shifted so that nothing overflows."""
    highest = np.max(x, axis=axis, keepdims=True)
    return highest + np.log(np.sum(np.exp(x - highest), axis=axis, keepdims=True))


def gaussian_mixture(np: Any) -> Fn:
    """Minus the log likelihood of points under a mixture of Gaussians with the covariances L Lᵀ."""

    def loss(mixture: Any, points: Any) -> Any:
        shares, means, factors = mixture["shares"], mixture["means"], mixture["factors"]
        logs = shares - log_sum_exp(np, shares, 0)
        covariances = np.einsum("kil,kjl->kij", factors, factors)
        away = np.transpose(points[None, :, :] - means[:, None, :], (0, 2, 1))
        distances = np.sum(away * np.linalg.solve(covariances, away), axis=1)
        _, logdets = np.linalg.slogdet(covariances)
        constants = logs - (logdets + points.shape[1] * np.log(2 * np.pi)) / 2
        return -np.sum(log_sum_exp(np, constants[:, None] - distances / 2, 0))

    return loss


def draw_mixture(random: RandomState) -> tuple[Any, ...]:
    arm = numpy.repeat(numpy.arange(3), 100)
    radius = 1 + 0.3 * random.randn(300)
    angle = 2 * numpy.pi * arm / 3 + 0.4 * numpy.exp(radius) + 0.05 * random.randn(300)
    points = numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], axis=1)
    mixture = {
        "shares": 0.1 * random.randn(10),
        "means": 0.1 * random.randn(10, 2),
        "factors": numpy.eye(2) + 0.1 * random.randn(10, 2, 2),
    }
    return mixture, points


def black_box(np: Any) -> Fn:
    """Minus the evidence bound of a diagonal Gaussian around a density without closed form.

    The density: a number near 0 whose standard deviation has a logarithm with standard deviation 1.35.
    """

    def normal(x: Any, deviation: Any) -> Any:
        return -((x / deviation) ** 2) / 2 - np.log(deviation) - np.log(2 * np.pi) / 2

    def loss(parameters: Any, draws: Any) -> Any:
        mean, spread = parameters[:2], parameters[2:]
        samples = mean + np.exp(spread) * draws
        number, logarithm = samples[:, 0], samples[:, 1]
        density = normal(logarithm, 1.35) + normal(number, np.exp(logarithm))
        entropy = np.sum(spread) + 1 + np.log(2 * np.pi)
        return -entropy - np.mean(density)

    return loss


def draw_black_box(random: RandomState) -> tuple[Any, ...]:
    return numpy.array([-1.0, -1.0, -0.5, -0.7]), random.randn(2000, 2)


# Networks


def log_softmax(np: Any, scores: Any) -> Any:
    return scores - log_sum_exp(np, scores, -1)


def squares(np: Any, layers: Any) -> Any:
    """The sum of the squares of all weights and biases."""
    return sum(np.sum(weights**2) + np.sum(bias**2) for weights, bias in layers)


def draw_layers(random: RandomState, scale: float, *widths: int) -> list[tuple[Any, Any]]:
    """Weights and biases between layers of these widths."""
    pairs = pairwise(widths)
    return [(scale * random.randn(before, after), scale * random.randn(after)) for before, after in pairs]


def one_hot(classes: Any, count: int) -> Any:
    return numpy.eye(count)[classes]


def neural_net(np: Any) -> Fn:
    """Minus the log posterior of a network of tanh layers that tells classes apart."""

    def loss(layers: Any, images: Any, classes: Any) -> Any:
        hidden = images
        for weights, bias in layers[:-1]:
            hidden = np.tanh(hidden @ weights + bias)
        weights, bias = layers[-1]
        return squares(np, layers) - np.sum(classes * log_softmax(np, hidden @ weights + bias))

    return loss


def draw_digits(random: RandomState) -> tuple[Any, ...]:
    layers = draw_layers(random, 0.1, 784, 200, 100, 10)
    return layers, random.rand(256, 784), one_hot(random.randint(10, size=256), 10)


def deep_net(np: Any) -> Fn:
    """The mean square error of a network that is much deeper than wide."""

    def loss(layers: Any, inputs: Any, targets: Any) -> Any:
        hidden = inputs
        for weights, bias in layers:
            hidden = np.tanh(hidden @ weights + bias)
        return np.mean((hidden - targets) ** 2)

    return loss


def draw_deep(random: RandomState) -> tuple[Any, ...]:
    layers = draw_layers(random, 0.2, *[32] * 25)
    return layers, random.randn(64, 32), numpy.tanh(random.randn(64, 32))


def bayesian_net(np: Any) -> Fn:
    """Minus the evidence bound of a network whose weights are uncertain, by weights drawn beforehand.

    All draws run at once, along the first axis; the units are bells, e^(-x²/2)/√(2π).
    """
    widths = (1, 20, 20, 1)

    def predict(weights: Any, inputs: Any) -> Any:
        count, begin = weights.shape[0], 0
        hidden = scores = inputs[None, :, :]
        for before, after in pairwise(widths):
            middle, end = begin + before * after, begin + (before + 1) * after
            matrices = np.reshape(weights[:, begin:middle], (count, before, after))
            scores = np.matmul(hidden, matrices) + weights[:, None, middle:end]
            hidden = np.exp(-(scores**2) / 2) / np.sqrt(2 * np.pi)
            begin = end
        return scores[:, :, 0]

    def loss(mean: Any, spread: Any, draws: Any, inputs: Any, targets: Any) -> Any:
        weights = mean + np.exp(spread) * draws
        prior = -0.1 * np.sum(weights**2, axis=1)
        likelihood = -np.sum((predict(weights, inputs) - targets) ** 2, axis=1) / 0.01
        entropy = np.sum(spread) + mean.shape[0] * (1 + np.log(2 * np.pi)) / 2
        return -entropy - np.mean(prior + likelihood)

    return loss


def draw_bayesian(random: RandomState) -> tuple[Any, ...]:
    count = 2 * 20 + 21 * 20 + 21
    times = numpy.concatenate([numpy.linspace(0, 2, 20), numpy.linspace(6, 8, 20)])
    targets = numpy.cos(times) + 0.1 * random.randn(40)
    spread = -2 + 0.1 * random.randn(count)
    return random.randn(count), spread, random.randn(20, count), (times[:, None] - 4) / 4, targets


def convolutional_net(np: Any) -> Fn:
    """Minus the log posterior of two convolutions of 5×5 with pooling, two tanh layers and a softmax.

    Images and what becomes of them have the axes image, row, column, channel. A convolution is a product of matrices:
    of the windows, side by side in the last axis, and the kernels.
    """

    def convolve(images: Any, kernels: Any) -> Any:
        rows, columns = images.shape[1] - 4, images.shape[2] - 4
        shifts = [(down, right) for down in range(5) for right in range(5)]
        windows = [images[:, down : down + rows, right : right + columns, :] for down, right in shifts]
        return np.concatenate(windows, axis=-1) @ kernels

    def pool(images: Any) -> Any:
        count, rows, columns, channels = images.shape
        return np.max(np.reshape(images, (count, rows // 2, 2, columns // 2, 2, channels)), axis=(2, 4))

    def loss(layers: Any, images: Any, classes: Any) -> Any:
        hidden = images
        for kernels, bias in layers[:2]:
            hidden = pool(convolve(hidden, kernels) + bias)
        hidden = np.reshape(hidden, (hidden.shape[0], -1))
        for weights, bias in layers[2:4]:
            hidden = np.tanh(hidden @ weights + bias)
        weights, bias = layers[4]
        return squares(np, layers) - np.sum(classes * log_softmax(np, hidden @ weights + bias))

    return loss


def draw_convolutional(random: RandomState) -> tuple[Any, ...]:
    shapes = [(25, 6), (150, 16), (256, 120), (120, 84), (84, 10)]
    layers = [(0.1 * random.randn(*shape), 0.1 * random.randn(shape[1])) for shape in shapes]
    return layers, random.rand(256, 28, 28, 1), one_hot(random.randint(10, size=256), 10)


# Recurrent networks: they guess each symbol of a text from those before


def recurrent_net(np: Any) -> Fn:
    """The mean of -ln of the probability that was given to the symbol which came."""

    def loss(weights: Any, texts: Any) -> Any:
        steps, count, _ = texts.shape
        state = np.tile(weights["start"], (count, 1))
        total = 0.0
        for symbol in texts:
            scores = state @ weights["out"] + weights["out bias"]
            total = total - np.sum(symbol * log_softmax(np, scores))
            state = np.tanh(symbol @ weights["in"] + state @ weights["state"] + weights["bias"])
        return total / (steps * count)

    return loss


def draw_texts(random: RandomState) -> Any:
    return one_hot(random.randint(32, 127, size=(30, 60)), 128)


def draw_recurrent(random: RandomState) -> tuple[Any, ...]:
    weights = {
        "start": 0.1 * random.randn(40),
        "in": 0.1 * random.randn(128, 40),
        "state": 0.1 * random.randn(40, 40),
        "bias": 0.1 * random.randn(40),
        "out": 0.1 * random.randn(40, 128),
        "out bias": 0.1 * random.randn(128),
    }
    return weights, draw_texts(random)


def long_short_term(np: Any) -> Fn:
    """As the recurrent network; a cell keeps, takes in and shows by three gates."""

    def gate(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def loss(weights: Any, texts: Any) -> Any:
        steps, count, _ = texts.shape
        cell = np.tile(weights["cell"], (count, 1))
        state = np.tile(weights["start"], (count, 1))
        total = 0.0
        for symbol in texts:
            scores = state @ weights["out"] + weights["out bias"]
            total = total - np.sum(symbol * log_softmax(np, scores))
            seen = np.concatenate([symbol, state], axis=1)
            keep = gate(seen @ weights["keep"] + weights["keep bias"])
            take = gate(seen @ weights["take"] + weights["take bias"])
            show = gate(seen @ weights["show"] + weights["show bias"])
            cell = keep * cell + take * np.tanh(seen @ weights["new"] + weights["new bias"])
            state = show * np.tanh(cell)
        return total / (steps * count)

    return loss


def draw_long_short_term(random: RandomState) -> tuple[Any, ...]:
    weights = {"cell": 0.1 * random.randn(40), "start": 0.1 * random.randn(40)}
    for name in ("keep", "take", "show", "new"):
        weights[name] = 0.1 * random.randn(128 + 40, 40)
        weights[f"{name} bias"] = 0.1 * random.randn(40)
    weights["out"] = 0.1 * random.randn(40, 128)
    weights["out bias"] = 0.1 * random.randn(128)
    return weights, draw_texts(random)


# Simulations


def runge_kutta(slope: Fn, state: Any, step: float) -> Any:
    """One step of the classical method of order four."""
    first = slope(state)
    second = slope(state + step / 2 * first)
    third = slope(state + step / 2 * second)
    fourth = slope(state + step * third)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)


def oscillator(np: Any) -> Fn:
    """How far the path of y′ = y³A, by Runge-Kutta, is from a path observed: the mean square."""

    def loss(start: Any, matrix: Any, observed: Any) -> Any:
        state, total = start, 0.0
        for point in observed:
            state = runge_kutta(lambda y: (y * y * y) @ matrix, state, 1.5 / 29)
            total = total + np.sum((state - point) ** 2)
        return total / observed.size

    return loss


def draw_path(random: RandomState) -> Any:
    """29 points of the damped oscillation from (2, 0), disturbed a little."""
    matrix = numpy.array([[-0.1, 2.0], [-2.0, -0.1]])
    path = [numpy.array([2.0, 0.0])]
    for _ in range(29):
        path.append(runge_kutta(lambda y: y**3 @ matrix, path[-1], 1.5 / 29))
    return numpy.array(path[1:]) + 0.05 * random.randn(29, 2)


def draw_oscillator(random: RandomState) -> tuple[Any, ...]:
    return numpy.array([1.9, 0.1]), numpy.array([[-0.2, 1.8], [-1.9, 0.0]]), draw_path(random)


def differential_net(np: Any) -> Fn:
    """As the oscillator, with a network in the place of the equation, and the mean of absolute values."""

    def loss(layers: Any, start: Any, observed: Any) -> Any:
        (inner, inner_bias), (outer, outer_bias) = layers

        def slope(state: Any) -> Any:
            return np.maximum(0, state @ inner + inner_bias) @ outer + outer_bias

        path = [start]
        for _ in range(observed.shape[0]):
            path.append(runge_kutta(slope, path[-1], 1.5 / 29))
        return np.mean(np.abs(np.stack(path[1:]) - observed))

    return loss


def draw_differential_net(random: RandomState) -> tuple[Any, ...]:
    return draw_layers(random, 0.1, 2, 150, 2), numpy.array([2.0, 0.0]), draw_path(random)


def fluid(np: Any) -> Fn:
    """How far smoke is from a picture after a while, by the velocity of the air at the start: the mean square.

    The grid's edges are joined. In a step the velocity carries itself along, is made free of sources by a pressure
    (ten sweeps of Jacobi), and carries the smoke along: each cell takes what was where the air now in it came from,
    between four cells by bilinear interpolation.
    """

    def carry(field: Any, down: Any, right: Any) -> Any:
        rows, columns = field.shape
        row = np.arange(rows)[:, None] - down
        column = np.arange(columns)[None, :] - right
        above, left = np.floor(row), np.floor(column)
        below_share, right_share = row - above, column - left
        top, west = above.astype(int) % rows, left.astype(int) % columns
        bottom, east = (top + 1) % rows, (west + 1) % columns
        upper = (1 - right_share) * field[top, west] + right_share * field[top, east]
        lower = (1 - right_share) * field[bottom, west] + right_share * field[bottom, east]
        return (1 - below_share) * upper + below_share * lower

    def slope(field: Any, axis: int) -> Any:
        return (np.roll(field, -1, axis=axis) - np.roll(field, 1, axis=axis)) / 2

    def neighbours(field: Any) -> Any:
        return sum(np.roll(field, shift, axis=axis) for axis in (0, 1) for shift in (-1, 1))

    def without_sources(down: Any, right: Any) -> tuple[Any, Any]:
        sources = slope(down, 0) + slope(right, 1)
        pressure = -sources / 4
        for _ in range(9):
            pressure = (neighbours(pressure) - sources) / 4
        return down - slope(pressure, 0), right - slope(pressure, 1)

    def loss(down: Any, right: Any, smoke: Any, picture: Any) -> Any:
        for _ in range(20):
            down, right = without_sources(carry(down, down, right), carry(right, down, right))
            smoke = carry(smoke, down, right)
        return np.mean((smoke - picture) ** 2)

    return loss


def draw_fluid(random: RandomState) -> tuple[Any, ...]:
    down, right = 0.3 * random.randn(2, 40, 60)
    rows, columns = numpy.mgrid[:40, :60]
    smoke = numpy.exp(-((rows - 15) ** 2 + (columns - 20) ** 2) / 50)
    picture = numpy.exp(-((rows - 22) ** 2 + (columns - 35) ** 2) / 80)
    return down, right + 0.5, smoke, picture


# Curves


def hyperbolic_tangent(np: Any) -> Fn:
    """tanh(x/2) out of powers of e."""

    def tanh(x: Any) -> Any:
        decay = np.exp(-x)
        return (1 - decay) / (1 + decay)

    return tanh


def rosenbrock(_: Any) -> Fn:
    """The banana of two numbers, with its valley along y = x²."""

    def banana(point: Any) -> Any:
        x, y = point[0], point[1]
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    return banana


EXAMPLES = [
    Example("linear regression", "100 × 10", linear_regression, draw_linear, by=(0, 1)),
    Example("logistic regression", "100 × 10", logistic_regression, draw_logistic),
    Example("Gaussian process", "20 points", gaussian_process, draw_process),
    Example("Gaussian mixture", "300 points in 2-d, 10 components", gaussian_mixture, draw_mixture),
    Example("black-box inference", "2000 draws of 2", black_box, draw_black_box),
    Example("neural net", "256 × 784-200-100-10", neural_net, draw_digits),
    Example("deep net", "64 × 32, 24 layers", deep_net, draw_deep),
    Example("Bayesian net", "20 draws, 40 × 1-20-20-1", bayesian_net, draw_bayesian, by=(0, 1)),
    Example("convolutional net", "256 × 28 × 28, LeNet", convolutional_net, draw_convolutional),
    Example("RNN", "60 texts of 30 out of 128, state 40", recurrent_net, draw_recurrent),
    Example("LSTM", "60 texts of 30 out of 128, state 40", long_short_term, draw_long_short_term),
    Example("ODE, Runge-Kutta", "29 steps of 2", oscillator, draw_oscillator, by=(0, 1)),
    Example("neural ODE", "29 steps of 2-150-2", differential_net, draw_differential_net),
    Example("fluid", "40 × 60, 20 steps", fluid, draw_fluid, by=(0, 1)),
    Example("tanh", "200 points, to order 6", hyperbolic_tangent, lambda _: (numpy.linspace(-7, 7, 200),), order=6),
    Example("Rosenbrock", "2", rosenbrock, lambda _: (numpy.array([-1.2, 1.0]),)),
]
