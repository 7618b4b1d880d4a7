"""A network of two tanh layers learns to read handwritten digits, in plain NumPy; docs/digits.md looks into it.

python examples/digits.py trains it and draws the pictures of that page.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import mibun as mb

digits = load_digits()
images = digits.data / 16  # 1,797 images of 8 × 8 pixels, each pixel from 0 to 1
labels = digits.target
targets = np.where(labels[:, None] == np.arange(10), 1.0, -1.0)  # 1 for the right digit, −1 for the nine others
held_out = np.arange(len(images)) % 5 == 0  # every fifth image is kept for the test


def layer(x, weights, bias):
    return np.tanh(x @ weights + bias)


def network(parameters, images):
    hidden = layer(images, parameters["W1"], parameters["b1"])
    return layer(hidden, parameters["W2"], parameters["b2"])


def loss(parameters, images, targets):
    return np.sum((network(parameters, images) - targets) ** 2)


def accuracy(parameters):
    read = network(parameters, images[held_out]).argmax(axis=1)
    return np.mean(read == labels[held_out])


def train(steps=400, rate=0.2):
    random = np.random.default_rng(0)
    parameters = {
        "W1": 0.1 * random.normal(size=(64, 32)),
        "b1": np.zeros(32),
        "W2": 0.1 * random.normal(size=(32, 10)),
        "b2": np.zeros(10),
    }
    count = np.sum(~held_out)
    loss_and_slope = mb.value_and_grad(loss)
    for step in range(steps + 1):
        value, slope = loss_and_slope(parameters, images[~held_out], targets[~held_out])
        if step % 100 == 0:
            print(f"{step:3}  loss {value / count:.3f}  accuracy {accuracy(parameters):.1%}")
        parameters = {name: parameters[name] - rate * slope[name] / count for name in slope}
    return parameters


def draw(parameters, folder):
    """The graph of the loss of one image, a 5, and of one of its derivatives, in both languages."""
    graph = mb.graph(loss, parameters, images[5], targets[5], argnums=0)
    for lang, ending in (("en", ".svg"), ("ko", ".ko.svg")):
        graph.open("network").save(folder / f"digits{ending}", lang)
        graph.open_all().entry("W2", (17, 9)).save(folder / f"weight{ending}", lang)


if __name__ == "__main__":
    draw(train(), Path(__file__).parents[1] / "docs")
