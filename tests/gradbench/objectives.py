"""GradBench's eleven objectives, as an engineer writes them in plain NumPy: nothing of mibun, nothing for its sake.

Where an objective contains gradients itself (particle, saddle), the function that takes a gradient is a parameter.
The definitions are those of github.com/gradbench/gradbench; what each of its evaluations asks is said at the objective.
"""

import numpy as np

# gmm: the gradient by alpha, mu, q and below


def gmm(alpha, mu, q, below, x, gamma=1.0, m=0):
    """Logarithm of the posterior of a Gaussian mixture with a Wishart prior.

    k components in d dimensions: weights ``alpha`` (k), means ``mu`` (k, d), and the factor of each inverse covariance:
    the logarithms ``q`` (k, d) of its diagonal, and what is ``below`` (k, d(d-1)/2), column by column. ``x`` (n, d) are
    the data; of the prior, ``gamma`` is the precision and ``m`` the degrees of freedom beyond d + 1.
    """
    n, d = x.shape
    k = len(alpha)
    diagonal = np.arange(d)
    columns, rows = np.triu_indices(d, 1)
    factor = np.zeros_like(q, shape=(k, d, d))
    factor[:, rows, columns] = below
    factor[:, diagonal, diagonal] = np.exp(q)
    log_determinants = np.sum(q, axis=1)

    white = np.einsum("kij,nkj->nki", factor, x[:, None, :] - mu)
    terms = alpha + log_determinants - 0.5 * np.sum(white**2, axis=2)
    likelihood = np.sum(_log_sum_exp_of_rows(terms)) - n * lse(alpha) - 0.5 * n * d * np.log(2 * np.pi)

    freedom = d + m + 1
    normalizer = freedom * d * (np.log(gamma) - 0.5 * np.log(2.0)) - _log_multivariate_gamma(freedom, d)
    prior = k * normalizer - 0.5 * gamma**2 * np.sum(factor**2) + m * np.sum(log_determinants)
    return likelihood + prior


def _log_sum_exp_of_rows(x):
    largest = np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x - largest), axis=1)) + largest[:, 0]


def _log_multivariate_gamma(twice, d):
    """ln Γ_d(twice / 2) for a whole number ``twice``."""
    return 0.25 * d * (d - 1) * np.log(np.pi) + sum(_log_gamma_of_half(twice - j) for j in range(d))


def _log_gamma_of_half(twice):
    """ln Γ(twice / 2): a factorial, or a product of halves times √π."""
    return np.sum(np.log(np.arange(twice / 2 - 1, 0, -1))) + (0.5 * np.log(np.pi) if twice % 2 else 0.0)


# ba: the Jacobian of all errors by cameras, points and weights, as the values and places of its nonzeros


def ba(cameras, points, weights, observations, features):
    """Reprojection errors (p, 2) and weight errors (p) of bundle adjustment.

    ``cameras`` (n, 11), ``points`` (m, 3), ``weights`` (p); ``observations`` (p, 2): which camera saw which point;
    ``features`` (p, 2): where.
    """
    seen = _project(cameras[observations[:, 0]], points[observations[:, 1]])
    return weights[:, None] * (seen - features), 1 - weights**2


def _project(cameras, points):
    rotation, center = cameras[:, 0:3], cameras[:, 3:6]
    focus, principal, radial = cameras[:, 6:7], cameras[:, 7:9], cameras[:, 9:11]
    turned = _rotate(rotation, points - center)
    image = turned[:, :2] / turned[:, 2:]
    square = np.sum(image**2, axis=1, keepdims=True)
    distortion = 1 + radial[:, 0:1] * square + radial[:, 1:2] * square**2
    return focus * distortion * image + principal


def _rotate(rotations, points):
    """Rodrigues' formula, a row at a time; a rotation by nothing is replaced by its first order."""
    square = np.sum(rotations**2, axis=1, keepdims=True)
    still = square == 0
    angle = np.sqrt(np.where(still, 1.0, square))
    axis = rotations / angle
    along = np.sum(axis * points, axis=1, keepdims=True)
    turned = points * np.cos(angle) + np.cross(axis, points) * np.sin(angle) + axis * along * (1 - np.cos(angle))
    return np.where(still, points + np.cross(rotations, points), turned)


def ba_one(camera, point, weight, feature):
    """The errors (2) of one observation, with an ``if`` where the vectorised form has a ``where``."""
    rotation, center, focus, principal, radial = np.split(camera, [3, 6, 7, 9])
    arm = point - center
    if np.any(rotation != 0):
        angle = np.linalg.norm(rotation)
        axis = rotation / angle
        turned = arm * np.cos(angle) + np.cross(axis, arm) * np.sin(angle) + axis * (axis @ arm) * (1 - np.cos(angle))
    else:
        turned = arm + np.cross(rotation, arm)
    image = turned[:2] / turned[2]
    square = image @ image
    return weight * (focus * image * (1 + radial[0] * square + radial[1] * square**2) + principal - feature)


# lstm: the gradient by main_parameters and extra_parameters


def lstm(main_parameters, extra_parameters, state, sequence):
    """Loss of predicting each character's bits from those before; the weight matrices are diagonal.

    l layers, b bits, c characters: ``main_parameters`` (2l, 4b), weights and biases of the four gates, layer by layer;
    ``extra_parameters`` (3, b); ``state`` (2l, b), hidden and cell; ``sequence`` (c, b).
    """
    c, b = sequence.shape
    layers = main_parameters.reshape(-1, 2, 4, b)
    into, out, bias = extra_parameters
    hidden, cell = list(state[0::2]), list(state[1::2])
    total = 0.0
    for t in range(c - 1):
        signal = sequence[t] * into
        for i, (w, v) in enumerate(layers):
            forget = _sigmoid(signal * w[0] + v[0])
            enter = _sigmoid(hidden[i] * w[1] + v[1])
            leave = _sigmoid(signal * w[2] + v[2])
            change = np.tanh(hidden[i] * w[3] + v[3])
            cell[i] = cell[i] * forget + enter * change
            signal = hidden[i] = leave * np.tanh(cell[i])
        prediction = signal * out + bias
        total += np.sum(sequence[t + 1] * (prediction - np.log(np.sum(np.exp(prediction)) + 2)))
    return -total / ((c - 1) * b)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


# kmeans: the direction of Newton's method, gradient / diagonal of the Hessian, by centroids


def kmeans(points, centroids):
    """Sum over ``points`` (n, d) of the squared distance to the nearest of ``centroids`` (k, d)."""
    squares = np.sum((points[:, None, :] - centroids) ** 2, axis=2)
    return np.sum(np.min(squares, axis=1))


# lse: the gradient


def lse(x):
    """Logarithm of the sum of exponentials, the largest taken out first."""
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


# llsq: the gradient by x


def llsq(x, n):
    """Half the squares of what a polynomial with coefficients ``x`` leaves of sign(t) at n points of [-1, 1]."""
    t = np.linspace(-1, 1, n)
    residuals = np.sign(t) - t[:, None] ** np.arange(len(x)) @ x
    return 0.5 * np.sum(residuals**2)


# ode: the gradient of the last component by x


def ode(x, steps):
    """y at t = 2 by Runge and Kutta's steps, where y(0) = 0, y₀′ = x₀ and yᵢ′ = xᵢ yᵢ₋₁."""

    def slope(y):
        change = np.empty_like(y)
        change[0] = x[0]
        change[1:] = x[1:] * y[:-1]
        return change

    h = 2 / steps
    y = np.zeros_like(x)
    for _ in range(steps):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        y += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


# det: the gradient, laid out as the matrix


def det(a):
    """The determinant of a square matrix, expanded by minors along the first row."""
    size = len(a)
    if size == 1:
        return a[0, 0]
    columns = np.arange(size)
    return sum((-1) ** j * a[0, j] * det(a[1:, columns != j]) for j in range(size))


# ht: the Jacobian by theta; when there are us, their two columns for each correspondence before it


def hand(theta, model, correspondences, targets):
    """Errors (c, 3) between ``targets`` (c, 3) and the vertices of a posed hand that correspond to them.

    ``theta`` (26): rotation, translation, and for each finger the bend of its first bone, its spread, and two bends.
    """
    return targets - _vertices(theta, model)[correspondences]


def hand_on_triangles(theta, us, model, correspondences, targets):
    """The same, where a target corresponds to a place in a triangle, given by barycentric coordinates ``us`` (c, 2)."""
    corners = _vertices(theta, model)[model["triangles"][correspondences]]
    u, v = us[:, 0:1], us[:, 1:2]
    return targets - (u * corners[:, 0] + v * corners[:, 1] + (1 - u - v) * corners[:, 2])


def _vertices(theta, model):
    """The vertices (v, 3) of the posed hand: each follows its bones by their weights."""
    transforms = _absolute(model["base_relatives"] @ _local(_angles(theta, len(model["parents"]))), model["parents"])
    transforms = transforms @ model["inverse_base_absolutes"]
    vertices = np.einsum("bij,vj,vb->vi", transforms, model["base_positions"], model["weights"])[:, :3]
    if model["is_mirrored"]:
        vertices = vertices * np.array([-1.0, 1.0, 1.0])
    return vertices @ _rotation(theta[:3]).T + theta[3:6]


def _angles(theta, bones):
    """Angles (bones, 3) about x, z and y: four bones a finger after the wrist, the first of them at rest."""
    fingers = theta[6:].reshape(5, 4)
    angles = np.zeros_like(theta, shape=(bones, 3))
    angles[2:21:4, :2] = fingers[:, :2]
    angles[3:21:4, 0] = fingers[:, 2]
    angles[4:21:4, 0] = fingers[:, 3]
    return angles


def _local(angles):
    """Transforms (bones, 4, 4): turned about x, then y, then z."""
    cx, cz, cy = np.moveaxis(np.cos(angles), 1, 0)
    sx, sz, sy = np.moveaxis(np.sin(angles), 1, 0)
    local = np.zeros_like(angles, shape=(len(angles), 4, 4))
    local[:, 0, 0], local[:, 0, 1], local[:, 0, 2] = cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx
    local[:, 1, 0], local[:, 1, 1], local[:, 1, 2] = sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx
    local[:, 2, 0], local[:, 2, 1], local[:, 2, 2] = -sy, cy * sx, cy * cx
    local[:, 3, 3] = 1
    return local


def _absolute(relatives, parents):
    """Each bone's transform after those of the bones it hangs on; a parent comes before its children."""
    absolutes = []
    for relative, parent in zip(relatives, parents, strict=True):
        absolutes.append(relative if parent == -1 else absolutes[parent] @ relative)
    return np.stack(absolutes)


def _rotation(vector):
    """The matrix of a rotation by |vector| about it."""
    angle = np.sqrt(np.sum(vector**2))
    if angle < 1e-4:
        return np.eye(3)
    x, y, z = vector / angle
    s, c = np.sin(angle), np.cos(angle)
    rows = [
        np.stack([x * x + (1 - x * x) * c, x * y * (1 - c) - z * s, x * z * (1 - c) + y * s]),
        np.stack([x * y * (1 - c) + z * s, y * y + (1 - y * y) * c, y * z * (1 - c) - x * s]),
        np.stack([x * z * (1 - c) - y * s, y * z * (1 - c) + x * s, z * z + (1 - z * z) * c]),
    ]
    return np.stack(rows)


# particle, saddle: where gradient descent ends, with gradients inside the function whose gradient is taken


def minimize(function, gradient, start):
    """Gradient descent from ``start``: the rate doubles after ten steps down and halves at every step up."""
    x, value, slope = start, function(start), gradient(function)(start)
    rate, successes = 1e-5, 0
    while np.sqrt(np.sum(slope**2)) > 1e-5:
        if successes == 10:
            rate, successes = 2 * rate, 0
            continue
        step = rate * slope
        if np.sqrt(np.sum(step**2)) <= 1e-5:
            break
        lower = function(x - step)
        if lower < value:
            x, value, successes = x - step, lower, successes + 1
            slope = gradient(function)(x)
        else:
            rate, successes = rate / 2, 0
    return x


def maximize(function, gradient, start):
    return minimize(lambda x: -function(x), gradient, start)


def particle(w, outer_gradient, inner_gradient):
    """The control w (1) by which a charged particle, repelled by two charges, crosses the axis at the origin.

    ``outer_gradient`` serves the search for w, ``inner_gradient`` turns the potential into a force.
    """
    return minimize(lambda w: landing(w, inner_gradient), outer_gradient, w)


def landing(w, gradient):
    """The square of the place where the particle crosses the axis, by Euler's steps of 0.1."""

    def potential(place):
        return 1 / np.hypot(place[0] - 10, place[1] - (10 - w[0])) + 1 / np.hypot(place[0] - 10, place[1])

    h = 0.1
    place, velocity = np.array([0.0, 8.0]), np.array([0.75, 0.0])
    while (place + h * velocity)[1] > 0:
        force = -gradient(potential)(place)
        place, velocity = place + h * velocity, velocity + h * force
    left = -place[1] / velocity[1]
    return (place + left * velocity)[0] ** 2


def saddle(start, outer_gradient, inner_gradient):
    """The saddle point (4) of |x|² - |y|², x and y in the plane: the x with the least maximum over y, then that y."""

    def height(x, y):
        return np.sum(x**2) - np.sum(y**2)

    def summit(x):
        return height(x, maximize(lambda y: height(x, y), inner_gradient, start))

    x = minimize(summit, outer_gradient, start)
    y = maximize(lambda y: height(x, y), outer_gradient, start)
    return np.concatenate([x, y])
