"""Derivatives of the objectives, derived on paper: NumPy that shares nothing with the objectives, nor with mibun.

What has no formula worth the paper (lstm, ht, particle, saddle) is in ``tests/data/gradbench.json``, by JAX.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray

# What GradBench itself expects of the two evaluations that search: from w = 0, and from (1, 1).
PARTICLE = 0.2071918746486116
SADDLE = np.full(4, 8.246324826140356e-06)


def gmm(
    alpha: Array, mu: Array, q: Array, below: Array, x: Array, gamma: float = 1.0, m: int = 0
) -> tuple[Array, Array, Array, Array]:
    """By alpha, mu, q, below.

    With Q lower triangular, w = Q(x - μ) and the share r_nk of component k in point n: ∂/∂μ_k = Σ_n r_nk Qᵀw,
    ∂/∂α_k = Σ_n r_nk - n softmax(α)_k and ∂/∂Q_k = -Σ_n r_nk w(x - μ)ᵀ - γ²Q, to whose diagonal e^q the sum of the
    logarithms adds (Σ_n r_nk + m)/Q_jj.
    """
    n, d = x.shape
    k = len(alpha)
    by_alpha, by_mu, by_q, by_below = (np.zeros_like(each) for each in (alpha, mu, q, below))
    at = [(row, column) for column in range(d) for row in range(column + 1, d)]
    factors = np.zeros((k, d, d))
    for i in range(k):
        factors[i] = np.diag(np.exp(q[i]))
        for (row, column), value in zip(at, below[i], strict=True):
            factors[i, row, column] = value

    arms = [x - mu[i] for i in range(k)]
    whites = [arms[i] @ factors[i].T for i in range(k)]
    logs = np.stack([alpha[i] + q[i].sum() - 0.5 * (whites[i] ** 2).sum(axis=1) for i in range(k)], axis=1)
    shares = _softmax(logs)
    weights = _softmax(alpha[None, :])[0]
    for i in range(k):
        share = shares[:, i]
        by_factor = -(share[:, None] * whites[i]).T @ arms[i] - gamma**2 * factors[i]
        by_alpha[i] = share.sum() - n * weights[i]
        by_mu[i] = (share[:, None] * whites[i] @ factors[i]).sum(axis=0)
        by_q[i] = np.diag(by_factor) * np.exp(q[i]) + share.sum() + m
        by_below[i] = [by_factor[row, column] for row, column in at]
    return by_alpha, by_mu, by_q, by_below


def _softmax(rows: Array) -> Array:
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def ba_block(camera: Array, point: Array, weight: float, feature: Array) -> tuple[Array, Array, Array]:
    """One observation's Jacobian: (2, 11) by the camera, (2, 3) by the point, (2,) by the weight.

    For the rotation R(ω) = I + a[ω]ₓ + b[ω]ₓ² with a = sin θ/θ, b = (1 - cos θ)/θ²:
    ∂(Rv)/∂ω = -a[v]ₓ - b([ω×v]ₓ + [ω]ₓ[v]ₓ) + ((ω×v)(a′/θ) + (ω×(ω×v))(b′/θ)) ωᵀ, and -[v]ₓ at ω = 0.
    """
    omega, focus, radial = camera[0:3], camera[6], camera[9:11]
    v = point - camera[3:6]
    theta = float(np.linalg.norm(omega))
    if theta == 0:
        rotation, by_omega = np.eye(3), -_cross_matrix(v)
    else:
        s, c = np.sin(theta), np.cos(theta)
        a, b = s / theta, (1 - c) / theta**2
        by_angle = (c - a) / theta**2, (s / theta - 2 * b) / theta**2
        turn = _cross_matrix(omega)
        rotation = np.eye(3) + a * turn + b * turn @ turn
        once, twice = turn @ v, turn @ turn @ v
        by_omega = -a * _cross_matrix(v) - b * (_cross_matrix(once) + turn @ _cross_matrix(v))
        by_omega += np.outer(by_angle[0] * once + by_angle[1] * twice, omega)

    turned = rotation @ v
    image = turned[:2] / turned[2]
    square = image @ image
    distortion = 1 + radial[0] * square + radial[1] * square**2
    by_turned = np.array([[1, 0, -image[0]], [0, 1, -image[1]]]) / turned[2]
    by_image = distortion * np.eye(2) + np.outer(image, image) * (2 * radial[0] + 4 * radial[1] * square)
    inner = weight * focus * by_image @ by_turned

    by_camera = np.empty((2, 11))
    by_camera[:, 0:3] = inner @ by_omega
    by_camera[:, 3:6] = -inner @ rotation
    by_camera[:, 6] = weight * distortion * image
    by_camera[:, 7:9] = weight * np.eye(2)
    by_camera[:, 9:11] = weight * focus * np.outer(image, [square, square**2])
    return by_camera, inner @ rotation, focus * distortion * image + camera[7:9] - feature


def _cross_matrix(v: Array) -> Array:
    """[v]ₓ, for which [v]ₓu = v × u."""
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def ba(
    cameras: Array, points: Array, weights: Array, observations: Array, features: Array
) -> tuple[Array, Array, Array]:
    """GradBench's sparse matrix: where each row starts, the columns, the values.

    Two rows an observation, then a row a weight; the columns are the cameras', the points', the weights'. A camera
    whose observation comes twice costs one block only.
    """
    n, m = len(cameras), len(points)
    starts, columns, values = [0], [], []
    seen: dict[bytes, tuple[Array, Array, Array]] = {}
    for i, (camera, point) in enumerate(observations):
        given = cameras[camera], points[point], weights[i], features[i]
        key = b"".join(np.asarray(each).tobytes() for each in given)
        block = seen.get(key)
        if block is None:
            block = seen[key] = ba_block(*given)
        for row in range(2):
            columns += [11 * camera + j for j in range(11)] + [11 * n + 3 * point + j for j in range(3)]
            columns.append(11 * n + 3 * m + i)
            values += [*block[0][row], *block[1][row], block[2][row]]
            starts.append(len(columns))
    for i, weight in enumerate(weights):
        columns.append(11 * n + 3 * m + i)
        values.append(-2 * weight)
        starts.append(len(columns))
    return np.array(starts), np.array(columns), np.array(values)


def kmeans(points: Array, centroids: Array) -> tuple[Array, Array]:
    """The gradient, and the diagonal of the Hessian: twice the number of points that are nearest."""
    nearest = np.array([np.argmin(((centroids - point) ** 2).sum(axis=1)) for point in points])
    gradient, diagonal = np.zeros_like(centroids), np.zeros_like(centroids)
    for j, centroid in enumerate(centroids):
        own = points[nearest == j]
        gradient[j] = 2 * (len(own) * centroid - own.sum(axis=0))
        diagonal[j] = 2 * len(own)
    return gradient, diagonal


def lse(x: Array) -> Array:
    return _softmax(x[None, :])[0]


def llsq(x: Array, n: int) -> Array:
    """-Tᵀ(s - Tx), where T holds the powers of t, here by multiplication."""
    t = [-1 + 2 * i / (n - 1) for i in range(n)]
    s = np.array([(u > 0) - (u < 0) for u in t], dtype=float)
    powers = np.cumprod(np.column_stack([np.ones(n), *[t] * (len(x) - 1)]), axis=1)
    return -powers.T @ (s - powers @ x)


def ode(x: Array, steps: int) -> Array:
    """By x, of the last component.

    That is x₀x₁…xᵣ times what the steps make of x = 1, for every step keeps each component linear in its x and those
    before; so the derivative by one of them leaves it out of the product. With x = 1 and a constant 1 before y the
    equation is y′ = Sy, S the shift, and a step the polynomial 1 + hS + (hS)²/2 + (hS)³/6 + (hS)⁴/24.
    """
    size, h = len(x), 2 / steps
    step = sum(h**j / factorial * np.eye(size + 1, k=-j) for j, factorial in enumerate([1, 1, 2, 6, 24]))
    last = np.linalg.matrix_power(step, steps)[size, 0]
    return np.array([last * np.prod(np.delete(x, i)) for i in range(size)])


def det(a: Array) -> Array:
    """The cofactors."""
    size = len(a)
    minors = [[np.delete(np.delete(a, i, axis=0), j, axis=1) for j in range(size)] for i in range(size)]
    signs = (-1.0) ** np.add.outer(np.arange(size), np.arange(size))
    return signs * np.linalg.det(np.array(minors))
