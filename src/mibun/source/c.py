"""C99, with <math.h> and nothing else: one function for all the values that are asked for, and the small functions that
it needs and C lacks.

Numbers are written so that they read back to the same bits. Integer powers are products, whose roundings add up, half
of a unit in the last place each. What a function means at its edges is what :mod:`mibun.run.interpret` says.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from mibun.node import Node, postorder
from mibun.ops import BOOL, ONE, make, symbol
from mibun.source import plan
from mibun.source.gamma import TERMS, circular, stirling
from mibun.source.plan import (
    AND,
    ATOM,
    CHOICE,
    OR,
    PRODUCT,
    RELATION,
    SIGN,
    SUM,
    WIDTH,
    Names,
    Piece,
    Program,
    say,
    words,
    wrapped,
)

FACTORS: Final = 32  # integer powers up to this are products

KEYWORDS: Final = frozenset(
    words("""
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof main
    bool true false NULL and or not xor bitand bitor compl class delete new this template try catch throw private public
    protected operator friend virtual namespace using explicit export typename typeid wchar_t nullptr constexpr decltype
    complex imaginary I errno linux unix i386 stdin stdout stderr
    """)
)
_MATH: Final = words("""
    acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 frexp ilogb ldexp log log10 log1p
    log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf erfc lgamma tgamma ceil floor nearbyint rint lrint llrint
    round lround llround trunc fmod remainder remquo copysign nan nextafter nexttoward fdim fmax fmin fma
    j0 j1 jn y0 y1 yn gamma scalb drem significand exp10 pow10 sincos finite isinf isnan
    """)
_LIBRARY: Final = words("""
    abs labs llabs div ldiv abort exit atexit system getenv malloc calloc realloc free rand srand qsort bsearch index
    rindex ffs bcmp bcopy bzero memcpy memmove memset memcmp memchr strlen strcat strcmp strcpy strchr printf fprintf
    sprintf snprintf scanf puts putchar fputs fputc fopen fclose time clock signal raise isalnum isalpha iscntrl isdigit
    isgraph islower isprint ispunct isspace isupper isxdigit tolower toupper alloca fork execl execv isascii toascii
    signgam fpclassify isfinite isnormal signbit isgreater isless isunordered float_t double_t creal cimag carg conj
    INFINITY NAN HUGE_VAL HUGE_VALF HUGE_VALL M_E M_PI math_errhandling EOF
    strncat strncmp strncpy strstr strspn strcspn strpbrk strrchr strdup strndup stpcpy stpncpy strcasecmp strncasecmp
    mempcpy fwrite fscanf sscanf vprintf vfprintf vsprintf vsnprintf vscanf vfscanf vsscanf imaxabs isblank iswalpha
    iswalnum iswblank iswcntrl iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit towlower
    towupper execle execlp execv execve execvp gettext dcgettext dgettext putchar_unlocked printf_unlocked
    """)
_COMPLEX: Final = words("""
    cexp cpow csqrt cabs cacos casin catan ccos csin ctan cacosh casinh catanh ccosh csinh ctanh clog clog10 cproj cimag
    creal carg conj
    """)

# What C lacks: the names of the functions that it uses itself, and the code.
HELPERS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "sign": (
        (),
        """
        static double sign(double x)
        {
            return x != x ? x : (double)(x > 0.0) - (double)(x < 0.0);
        }
        """,
    ),
    "minimum": (
        (),
        """
        static double minimum(double x, double y)
        {
            return x != x || x < y ? x : y;
        }
        """,
    ),
    "maximum": (
        (),
        """
        static double maximum(double x, double y)
        {
            return x != x || x > y ? x : y;
        }
        """,
    ),
    "sigmoid": (
        (),
        """
        static double sigmoid(double x)
        {
            const double small = exp(-fabs(x));
            return (x < 0.0 ? small : 1.0) / (1.0 + small);
        }
        """,
    ),
    "softplus": (
        (),
        """
        static double softplus(double x)
        {
            return (x < 0.0 ? 0.0 : x) + log1p(exp(-fabs(x)));
        }
        """,
    ),
    "logaddexp": (
        (),
        """
        static double logaddexp(double x, double y)
        {
            return x == y ? x + log(2.0) : (x > y ? x : y) + log1p(exp(-fabs(x - y)));
        }
        """,
    ),
    "acot": (
        (),
        """
        static double acot(double x)
        {
            return atan(1.0 / (x + 0.0));
        }
        """,
    ),
    "asec": (
        (),
        """
        static double asec(double x)
        {
            return atan2(sqrt(fabs(x) - 1.0) * sqrt(fabs(x) + 1.0), copysign(1.0, x));
        }
        """,
    ),
    "acsc": (
        (),
        """
        static double acsc(double x)
        {
            return atan2(copysign(1.0, x), sqrt(fabs(x) - 1.0) * sqrt(fabs(x) + 1.0));
        }
        """,
    ),
    "asech": (
        (),
        """
        static double asech(double x)
        {
            return asinh(sqrt((1.0 - x) / x) * sqrt((1.0 + x) / x));
        }
        """,
    ),
    "acoth": (
        (),
        """
        static double acoth(double x)
        {
            return copysign(0.5 * log1p(2.0 / (fabs(x) - 1.0)), x);
        }
        """,
    ),
    "odd_power": (
        (),
        """
        static double odd_power(double x, double n)
        {
            return copysign(pow(fabs(x), n), x);
        }
        """,
    ),
    "root_power": (
        (),
        """
        static double root_power(double x, double n)
        {
            return x < 0.0 ? NAN : pow(x, n);
        }
        """,
    ),
    "cot_pi": (
        (),
        """
        static double cot_pi(double x)
        {
            return 1.0 / tan(3.141592653589793 * (x - rint(x)));
        }
        """,
    ),
    "digamma": (
        ("cot_pi",),
        """
        static double digamma(double x)
        {
            COEFFICIENTS
            const double z = x < 0.0 ? 1.0 - x : x, y = z + 16.0;
            double sum = 0.0;
            int k;
            if (x <= 0.0 && x == floor(x))
                return NAN;
            for (k = 9; k >= 0; k--)
                sum = (sum + c[k]) / (y * y);
            sum = log(y) - 0.5 / y - sum;
            for (k = 15; k >= 0; k--)
                sum -= 1.0 / (z + k);
            return x < 0.0 ? sum - 3.141592653589793 * cot_pi(x) : sum;
        }
        """,
    ),
}


def _array(name: str, values: Sequence[float]) -> str:
    body = textwrap.wrap(", ".join(map(number, values)), 80)
    lines = [f"static const double {name}[{len(values)}] = {{", *["    " + line for line in body], "};"]
    return "\n            ".join(lines)


def _polygamma(n: int) -> str:
    """The n-th derivative of digamma, n > 0: DLMF 5.15.1 for the first terms, 5.15.8 for the rest, 5.15.6 for x < 0."""
    shift = n + 16
    return f"""
        static double polygamma_{n}(double x)
        {{
            {_array("c", stirling(n))}
            {_array("p", circular(n))}
            const double z = x < 0.0 ? 1.0 - x : x, y = z + {shift}.0;
            double sum = 0.0, cot, mirrored = 0.0;
            int k;
            if (x <= 0.0 && x == floor(x))
                return {"INFINITY" if n % 2 else "NAN"};
            for (k = {TERMS - 1}; k >= 0; k--)
                sum = (sum + c[k]) / (y * y);
            sum = {number(math.factorial(n - 1))} * pow(y, -{n}.0) * (1.0 + {number(n / 2)} / y + sum);
            for (k = {shift - 1}; k >= 0; k--)
                sum += {number(math.factorial(n))} * pow(z + k, -{n + 1}.0);
            if (x > 0.0)
                return {"" if n % 2 else "-"}sum;
            cot = cot_pi(x);
            for (k = {n + 1}; k >= 0; k--)
                mirrored = mirrored * cot + p[k];
            return -sum - {number(math.pi ** (n + 1))} * mirrored;
        }}
        """


def helper(name: str) -> tuple[tuple[str, ...], str]:
    """What the helper needs, and its code."""
    if name.startswith("polygamma_"):
        return ("cot_pi",), _polygamma(int(name.removeprefix("polygamma_")))
    needs, code = HELPERS[name]
    return needs, code.replace("COEFFICIENTS", _array("c", stirling(0)))


# Formulas


def number(value: int | Fraction | float) -> str:
    """A literal that reads back to the same float, in as few digits as that takes.

    >>> number(2), number(Fraction(1, 3)), number(-1e30)
    ('2.0', '0.3333333333333333', '-1e+30')
    """
    try:
        nearest = float(value)
    except OverflowError:
        nearest = math.inf if value > 0 else -math.inf
    if math.isnan(nearest):
        return "NAN"
    if math.isinf(nearest):
        return "INFINITY" if nearest > 0 else "-INFINITY"
    return repr(nearest)


def _literal(value: int | Fraction | float) -> Piece:
    text = number(value)
    return Piece(text, SIGN if text.startswith("-") else ATOM)


_DIRECT: Final = {
    **{op: op for op in words("sqrt exp sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh floor ceil")},
    **{op: op for op in words("erf atan2 hypot log1p expm1")},
    **{"ln": "log", "abs": "fabs", "gamma": "tgamma", "lgamma": "lgamma"},
}
_HELPED: Final = {
    **{op: op for op in words("sign sigmoid softplus logaddexp acot asec acsc asech acoth digamma")},
    **{"min": "minimum", "max": "maximum"},
}
_ONE: Final = Piece("1.0", ATOM)
_ZERO: Final = Piece("0.0", ATOM)
COVERED: Final = frozenset(
    [
        *[*_DIRECT, *_HELPED, *plan.RECIPROCAL, *plan.INFIX, *plan.RELATIONS],
        *words("const symbol e pi neg pow log acsch relu where and or not polygamma"),
    ]
)


class _Writing(plan.Writing):
    def __call__(self, node: Node, args: Sequence[Piece]) -> Piece:
        op = node.op
        if op in ("const", "e", "pi"):
            return _literal({"e": math.e, "pi": math.pi}.get(op, node.attrs))
        if op in ("and", "or", "not") or (node.dtype is BOOL and op in ("min", "max")):
            return _logic(op, [_truth(arg, piece) for arg, piece in zip(node.args, args, strict=True)])
        if op == "where":
            test = _truth(node.args[0], args[0])
            yes, no = (
                piece if node.dtype is BOOL else _real(arg, piece)
                for arg, piece in zip(node.args[1:], args[1:], strict=True)
            )
            return Piece(f"{test.within(OR)} ? {yes.within(OR)} : {no.within(OR)}", CHOICE)
        pieces = [_real(arg, piece) for arg, piece in zip(node.args, args, strict=True)]
        if op in plan.INFIX:
            return plan.infix(*plan.INFIX[op], *pieces)
        if op in plan.RELATIONS:
            return plan.relation(op, *pieces)
        if op == "neg":
            return plan.negative(pieces[0])
        if op in _DIRECT:
            return plan.call(_DIRECT[op], *pieces)
        if op in _HELPED:
            return self.help(_HELPED[op], *pieces)
        if op in plan.RECIPROCAL:
            return plan.infix("/", PRODUCT, _ONE, plan.call(plan.RECIPROCAL[op], *pieces))
        if op == "acsch":
            return plan.call("asinh", plan.infix("/", PRODUCT, _ONE, pieces[0]))
        if op == "relu":
            return self.help("maximum", _ZERO, pieces[0])
        if op == "log":
            return self._logarithm(node, pieces)
        if op == "polygamma":
            return self._polygamma(node, pieces[1])
        return self._power(node, *pieces)

    def _logarithm(self, node: Node, pieces: Sequence[Piece]) -> Piece:
        base = self.exact[node.args[1]]
        if base in (2, 10):
            return plan.call(f"log{base}", pieces[0])
        return plan.infix("/", PRODUCT, *[plan.call("log", piece) for piece in pieces])

    def _polygamma(self, node: Node, x: Piece) -> Piece:
        n = plan.polygamma_order(node)
        if n is None:
            return Piece("NAN", ATOM)
        return self.help(f"polygamma_{n}" if n else "digamma", x)

    def _power(self, node: Node, x: Piece, y: Piece) -> Piece:
        exact = self.exact[node.args[1]]
        if exact is None:
            return plan.call("pow", x, y)
        exponent = Fraction(exact)
        n = _literal(exponent)
        if exponent.denominator == 1:
            return plan.call("pow", x, n)
        if exponent.denominator % 2 == 0:
            return self.help("root_power", x, n)
        if exponent.denominator == 3 and abs(exponent.numerator) <= FACTORS:
            root = plan.call("cbrt", x)
            if exponent.numerator == -1:
                return plan.infix("/", PRODUCT, _ONE, root)
            return root if exponent.numerator == 1 else plan.call("pow", root, _literal(exponent.numerator))
        if exponent.numerator % 2:
            return self.help("odd_power", x, n)
        return plan.call("pow", plan.call("fabs", x), n)


def _truth(node: Node, piece: Piece) -> Piece:
    return piece if node.dtype is BOOL else Piece(f"{piece.within(SUM)} != 0.0", RELATION)


def _real(node: Node, piece: Piece) -> Piece:
    return Piece(f"(double)({piece.text})", SIGN) if node.dtype is BOOL else piece


def _logic(op: str, pieces: Sequence[Piece]) -> Piece:
    if op == "not":
        return Piece(f"!{pieces[0].within(ATOM)}", SIGN)
    sign, level = ("&&", AND) if op in ("and", "min") else ("||", OR)
    texts = [piece.text if piece.level in (level, ATOM) or piece.level > AND else f"({piece.text})" for piece in pieces]
    return Piece(f" {sign} ".join(texts), level)


def products(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Integer powers as products: x⁶ as the square of x³."""
    done: dict[Node, Node] = {}
    for node in postorder(*nodes):
        args = tuple([done[arg] for arg in node.args])
        n = args[1].attrs if node.op == "pow" and args[1].op == "const" and type(args[1].attrs) is int else 0
        if 1 < abs(n) <= FACTORS:
            product = _product(args[0], abs(n))
            done[node] = product if n > 0 else make("div", ONE, product)
        else:
            done[node] = node if args == node.args else make(node.op, *args, attrs=node.attrs)
    return tuple([done[node] for node in nodes])


def _product(x: Node, n: int) -> Node:
    if n == 1:
        return x
    if n % 2:
        return make("mul", _product(x, n - 1), x)
    root = _product(x, n // 2)
    return make("mul", root, root)


# Functions


def source(programs: Sequence[Program], lang: str) -> str:
    """The file. ``UnsupportedOperation`` for what has no value."""
    nodes = [products(plan.prepared(program)) for program in programs]
    write = _Writing([root for roots in nodes for root in roots], helper)
    bodies = [_function(program, roots, write, lang) for program, roots in zip(programs, nodes, strict=True)]
    return "\n\n".join([_comment([say("made", lang)]), "#include <math.h>", *write.helpers, *bodies]) + "\n"


def _function(program: Program, roots: Sequence[Node], write: _Writing, lang: str) -> str:
    kinds = [name + end for name in (*_MATH, *_COMPLEX) for end in ("", "f", "l")]
    names = Names([*KEYWORDS, *kinds, *_LIBRARY, *HELPERS, *plan.POLYGAMMAS])
    title = names.give(plan.identifier(program.title))
    given = {name: names.give(plan.identifier(name)) for name in program.arguments}
    arrays = {key: (names.give(key), count) for key, count in program.arrays.items()}
    computed, results = plan.lines(roots, write, {symbol(name): text for name, text in given.items()}, names)
    takes = [f"double {name}" for name in given.values()]
    takes += [f"double {name}[{max(count, 1)}]" for name, count in arrays.values()]  # C has no arrays of length 0
    used = {inner.attrs for inner in postorder(*roots) if inner.op == "symbol"}
    body = [f"(void){text};" for name, text in given.items() if name not in used]
    body += [f"(void){name};" for name, count in arrays.values() if not count]
    body += [f"const {'int' if line.node.dtype is BOOL else 'double'} {line.name} = {line.text};" for line in computed]
    texts = iter(results)
    value = [f"return {next(texts)};"] if program.has_value else []
    body += [f"{name}[{i}] = {next(texts)};" for name, count in arrays.values() for i in range(count)]
    head = _head("double" if program.has_value else "void", title, takes or ["void"])
    return "\n".join([comment(program, lang), *head, "{", *["    " + line for line in [*body, *value]], "}"])


def _head(kind: str, title: str, takes: Sequence[str]) -> list[str]:
    before = f"{kind} {title}("
    lines = textwrap.wrap(", ".join(takes), WIDTH - len(before) - 1) if len(before) < WIDTH // 2 else [", ".join(takes)]
    return [(before if not i else " " * len(before)) + line for i, line in enumerate(lines[:-1])] + [
        (before if len(lines) == 1 else " " * len(before)) + lines[-1] + ")"
    ]


def comment(program: Program, lang: str) -> str:
    return _comment([*plan.formulas(program, "{key}[{i}]"), *plan.remarks(program, lang, "out")])


def _comment(paragraphs: Sequence[str]) -> str:
    text = [line for paragraph in paragraphs for line in wrapped(paragraph, WIDTH - 6)]
    return "/* " + "\n   ".join(text) + " */"
