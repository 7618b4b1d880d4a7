"""Every sentence of an error or a note, and what to do instead, in both languages."""

from __future__ import annotations

# key: language: (the sentence, what to do instead)
MESSAGES: dict[str, dict[str, tuple[str, str]]] = {
    # Building and differentiating
    "no_rule": {
        "en": (
            "{op} cannot be differentiated by this argument.",
            "Of polygamma(n, x) only x may depend on the variable, not the order n.",
        ),
        "ko": (
            "{op}의 이 자리는 미분할 수 없습니다.",
            "polygamma(n, x)에서는 x에만 변수를 써 주세요. 차수 n은 변하지 않아야 합니다.",
        ),
    },
    "arity": {
        "en": (
            "Wrong number of arguments for {name}: {given} instead of {wanted}.",
            "Check the commas between the arguments.",
        ),
        "ko": ("{name}에는 식이 {wanted}개 필요한데 {given}개가 주어졌습니다.", "쉼표를 확인해 주세요."),
    },
    "broadcast": {
        "en": (
            "The shapes {shapes} do not fit together.",
            "From the last axis on, sizes must be equal or 1 (NumPy's rule).",
        ),
        "ko": (
            "배열의 모양 {shapes:이} 서로 맞지 않습니다.",
            "마지막 축부터 견주어 크기가 같거나 1이 되게 해 주세요(NumPy의 규칙).",
        ),
    },
    "not_a_number": {
        "en": ("This is not a number: {value}", "Use an int, a float or a fractions.Fraction."),
        "ko": ("수가 아닙니다: {value}", "int, float, fractions.Fraction 가운데 하나를 써 주세요."),
    },
    "order": {
        "en": ("The order of a derivative cannot be {order}.", "Use a whole number: 0, 1, 2, …"),
        "ko": ("미분하는 횟수로 쓸 수 없는 값입니다: {order}", "0, 1, 2, …처럼 0 이상의 정수를 써 주세요."),
    },
    "order_limit": {
        "en": ("A derivative of order {order} is beyond the limit, {limit}.", "Ask for a lower order."),
        "ko": ("{order}계도함수는 구할 수 없습니다. 한도는 {limit}계입니다.", "더 낮은 차례의 도함수를 구해 주세요."),
    },
    # Functions: making, calling, taking apart
    "not_a_function": {
        "en": (
            "An object of type {kind} cannot be read as a function.",
            "Give text, LaTeX, a SymPy expression or a number.",
        ),
        "ko": ("{kind} 형의 값은 함수로 읽을 수 없습니다.", "텍스트, LaTeX, SymPy 식, 수 가운데 하나를 써 주세요."),
    },
    "no_constructor": {
        "en": (
            "Function is not called to make a function.",
            'Write mibun.function("x^2"), or begin with mibun.symbols("x y").',
        ),
        "ko": (
            "Function을 직접 불러서는 함수를 만들 수 없습니다.",
            'mibun.function("x^2")처럼 쓰거나 mibun.symbols("x y")로 시작해 주세요.',
        ),
    },
    "vector_value": {
        "en": (
            "This function has not one value but an array of them, of shape {shape}.",
            "Pick a component first, as in f[0].",
        ),
        "ko": ("이 함수의 값은 하나가 아니라 모양이 {shape}인 배열입니다.", "f[0]처럼 성분 하나를 먼저 골라 주세요."),
    },
    "index": {
        "en": ("An array of shape {shape} has no component {index}.", "Components count from 0."),
        "ko": ("모양이 {shape}인 배열에는 성분 {index:이} 없습니다.", "성분의 번호는 0부터 세어 주세요."),
    },
    "index_kind": {
        "en": (
            "A component is chosen by whole numbers: {given}",
            "Write f[0], or f[0, 1] for a matrix; list(f) has all of them.",
        ),
        "ko": (
            "성분은 정수로 골라야 합니다: {given}",
            "f[0]처럼, 행렬이면 f[0, 1]처럼 써 주세요. 모든 성분은 list(f)로 얻을 수 있습니다.",
        ),
    },
    "which_variable": {
        "en": ("There are several variables: {variables}.", "Say by which to differentiate, as in f.{example}."),
        "ko": ("변수가 여럿입니다: {variables}.", "어느 변수로 미분할지 f.{example}처럼 정해 주세요."),
    },
    "not_a_variable": {
        "en": ("This is not the name of a variable: {given}", "A variable is one name, such as x, w1 or theta."),
        "ko": ("변수의 이름이 아닙니다: {given}", "x, w1, theta처럼 이름 하나를 써 주세요."),
    },
    "unknown_variable": {
        "en": ("This function has no variable {name}.", "Its variables: {variables}."),
        "ko": ("이 함수에는 변수 {name:이} 없습니다.", "변수: {variables}."),
    },
    "too_many_values": {
        "en": (
            "{given} values were given for {wanted} variables.",
            "Give one for each variable, in this order: ({variables}).",
        ),
        "ko": (
            "변수는 {wanted}개인데 값이 {given}개 주어졌습니다.",
            "변수마다 하나씩, ({variables}) 순서로 써 주세요.",
        ),
    },
    "missing_values": {
        "en": ("There is no value for {missing}.", "Give one for each of ({variables})."),
        "ko": ("{missing}의 값이 없습니다.", "({variables})의 값을 모두 써 주세요."),
    },
    "twice": {
        "en": ("{name} was given two values.", "Give it either by position or by name."),
        "ko": ("변수 {name}의 값이 두 번 주어졌습니다.", "순서로든 이름으로든 한 번만 써 주세요."),
    },
    # Explaining
    "depth": {
        "en": ("There is no such depth: {given}", "Choose idea, working or full."),
        "ko": ("쓸 수 없는 깊이입니다: {given}", "idea, working, full 가운데 골라 주세요."),
    },
    "language": {
        "en": ("This language is not supported: {given}", "Choose ko (Korean) or en (English)."),
        "ko": ("지원하지 않는 언어입니다: {given}", "ko(한국어)와 en(영어) 가운데 골라 주세요."),
    },
    "explanation_size": {
        "en": (
            "This derivation is too long to follow: some lines have more than {limit} symbols.",
            'Ask for depth "idea", which names only the rules, or for the derivative alone.',
        ),
        "ko": (
            "이 풀이는 따라 읽기에 너무 깁니다. 한 줄이 기호 {limit}개를 넘습니다.",
            '쓰인 미분법만 보여 주는 깊이 "idea"를 고르거나 도함수만 구해 주세요.',
        ),
    },
    "explanation_lines": {
        "en": (
            "This derivation is too long to follow: it takes more than {limit} lines.",
            'Ask for depth "idea", which names only the rules, or for the derivative alone.',
        ),
        "ko": (
            "이 풀이는 따라 읽기에 너무 깁니다. {limit}줄을 넘습니다.",
            '쓰인 미분법만 보여 주는 깊이 "idea"를 고르거나 도함수만 구해 주세요.',
        ),
    },
    # From the definition (limit/principles)
    "principles_size": {
        "en": (
            "A derivation from the definition would be too long to follow here; the limit is {limit} symbols.",
            "Ask for a part of the function, or for the derivative alone.",
        ),
        "ko": (
            "정의에 따른 풀이가 따라 읽기에 너무 깁니다. 한도는 기호 {limit}개입니다.",
            "함수의 일부만 풀이하거나 도함수만 구해 주세요.",
        ),
    },
    # Values (run/)
    "abstract_value": {
        "en": ("{name} stands for any function: it has a derivative, but no value.", "Write a formula in its place."),
        "ko": ("{name:은} 식이 정해지지 않은 함수라서 값을 구할 수 없습니다.", "{name} 자리에 식을 직접 써 주세요."),
    },
    "derivative_value": {
        "en": ("A derivative not yet worked out has no value.", "Differentiate first, then put numbers in."),
        "ko": ("아직 계산하지 않은 도함수에는 값을 대입할 수 없습니다.", "먼저 미분한 다음 값을 대입해 주세요."),
    },
    "value_kind": {
        "en": ("The value of {name} is not a real number: {kind}.", "Give an int, Fraction, float or array."),
        "ko": ("{name}의 값이 실수가 아닙니다: {kind}.", "int, Fraction, float 또는 이들로 된 배열을 써 주세요."),
    },
    "not_native": {
        "en": (
            "There is no machine code for {op}.",
            "Call the function itself, without compile(): the interpreter knows it.",
        ),
        "ko": (
            "{op:은} 이런 식에서는 기계어로 옮길 수 없습니다.",
            "compile() 없이 함수를 바로 불러 주세요. 해석기는 계산할 수 있습니다.",
        ),
    },
    "not_native_root": {
        "en": (
            "There is no machine code for a derivative in which a root of a negative number is written.",
            "Call the function itself, without compile(): the interpreter knows it.",
        ),
        "ko": (
            "음수의 거듭제곱근이 그대로 적혀 있는 도함수는 기계어로 옮길 수 없습니다.",
            "compile() 없이 함수를 바로 불러 주세요. 해석기는 계산할 수 있습니다.",
        ),
    },
    "source_language": {
        "en": ("{given} is no language that functions are written in.", "Choose one of: {languages}."),
        "ko": ("{given:으로}는 옮겨 쓸 수 없습니다.", "{languages} 가운데 하나를 골라 주세요."),
    },
    "source_derivatives": {
        "en": (
            "derivatives={given} is not possible here.",
            "Give 0 for the function, 1 for the gradient as well, 2 for the Hessian; f.diff(order=…) goes further.",
        ),
        "ko": (
            "여기에는 derivatives={given:을} 쓸 수 없습니다.",
            "0이면 함수만, 1이면 기울기 벡터까지, 2이면 헤세 행렬까지 씁니다. 그 이상은 f.diff(order=…)로 구해 주세요.",
        ),
    },
    "source_name": {
        "en": ("{given} is no name for a function.", "Use letters, digits and _, a letter first."),
        "ko": (
            "{given:은} 함수 이름으로 쓸 수 없습니다.",
            "문자로 시작하고 문자, 숫자, 밑줄(_)로만 된 이름을 써 주세요.",
        ),
    },
    "usage_source_order": {
        "en": (
            "Without --wrt, code has derivatives up to the second order, not {order}.",
            "Name the variables: --wrt x --order {order}.",
        ),
        "ko": (
            "--wrt 없이는 2계도함수까지만 코드로 쓸 수 있습니다. --order {order:은} 쓸 수 없습니다.",
            "--wrt x --order {order}처럼 변수를 적어 주세요.",
        ),
    },
    "source_operation": {
        "en": ("{name} cannot be written as code.", "Write functions made from text, LaTeX or SymPy."),
        "ko": ("{name:은} 코드로 옮길 수 없습니다.", "텍스트, LaTeX, SymPy로 만든 함수를 써 주세요."),
    },
    "source_order": {
        "en": (
            "The order of polygamma must be a number up to {limit} to be written as code.",
            "Put a number in for it.",
        ),
        "ko": ("polygamma의 차수가 {limit} 이하의 수여야 코드로 옮길 수 있습니다.", "차수에 수를 넣어 주세요."),
    },
    "no_llvm": {
        "en": ("Compiling needs llvmlite.", "Install it: pip install llvmlite. Without it functions are interpreted."),
        "ko": (
            "기계어로 옮기려면 llvmlite가 있어야 합니다.",
            "pip install llvmlite로 설치해 주세요. 없으면 함수는 해석기로 계산합니다.",
        ),
    },
    "no_code": {
        "en": (
            "Machine code cannot be made or run here: {reason}.",
            "Call the function itself, without compile(): it is interpreted.",
        ),
        "ko": (
            "여기서는 기계어를 만들거나 실행할 수 없습니다: {reason}.",
            "compile() 없이 함수를 바로 불러 주세요. 해석기가 계산합니다.",
        ),
    },
    "returns": {
        "en": ("Several values do not come as {given}.", 'Ask for returns="array" or returns="tuple".'),
        "ko": (
            "여러 값을 {given:으로} 돌려줄 수 없습니다.",
            'returns="array"나 returns="tuple"이라고 써 주세요.',
        ),
    },
    "masked": {
        "en": (
            "The value of {name} is a masked array: some of its places have no value.",
            "Give array.filled(numpy.nan), or only what is there: array.compressed().",
        ),
        "ko": (
            "{name}의 값이 마스크 배열이라서 값이 없는 자리가 있습니다.",
            "array.filled(numpy.nan)으로 채우거나 array.compressed()로 값이 있는 것만 써 주세요.",
        ),
    },
    "beside_function": {
        "en": (
            "The value of {name}, of type {kind}, cannot be put in beside a function.",
            "Put functions and numbers in first, then call the result with arrays.",
        ),
        "ko": (
            "{name}의 값({kind} 형)은 함수와 함께 대입할 수 없습니다.",
            "함수와 수를 먼저 대입하고, 그 결과에 배열을 대입해 주세요.",
        ),
    },
    "ragged": {
        "en": ("The value of {name} is not an array: its rows differ in length.", "Give all rows the same length."),
        "ko": ("{name}의 값이 배열이 아닙니다. 행마다 길이가 다릅니다.", "모든 행에 같은 개수의 수를 써 주세요."),
    },
    "out": {
        "en": ("out has to be an array {wanted}, not {given}.", "Make it with numpy.empty(shape)."),
        "ko": ("out은 {wanted} 배열이어야 하는데 {given:이} 주어졌습니다.", "numpy.empty(shape)로 만들어 주세요."),
    },
    "out_tuple": {
        "en": ("out has to be a tuple of {count} arrays here, not {given}.", "Give an array for each result."),
        "ko": (
            "여기서 out은 배열 {count}개로 된 튜플이어야 하는데 {given:이} 주어졌습니다.",
            "결과마다 배열을 하나씩 넣어 주세요.",
        ),
    },
    "out_read_only": {
        "en": ("out is read-only.", "Give an array that may be written to."),
        "ko": ("out은 읽기 전용 배열입니다.", "값을 쓸 수 있는 배열을 넣어 주세요."),
    },
    # Rewriting
    "work": {
        "en": (
            "Simplifying this takes more than {limit} steps.",
            "Try a simpler expression or fewer differentiations.",
        ),
        "ko": ("식을 정리하는 데 {limit}단계가 넘게 걸립니다.", "더 간단한 식을 쓰거나 미분 횟수를 줄여 보세요."),
    },
    # The command line (cli.py)
    "large_derivative": {
        "en": (
            "The derivative is too long ({size} symbols) for steps that one can follow.",
            "Differentiate a part of it.",
        ),
        "ko": ("도함수가 너무 길어(기호 {size}개) 풀이를 보여 주지 않습니다.", "식의 일부만 미분해 보세요."),
    },
    "usage_missing": {
        "en": ("There is no expression.", 'Put it in quotation marks: mibun "x^2/2". See mibun --help.'),
        "ko": ("식이 없습니다.", '식을 따옴표로 묶어 써 주세요: mibun "x^2/2". 도움말은 mibun --help입니다.'),
    },
    "usage_extra": {
        "en": (
            "There is room for one expression only: {word}",
            'Put the whole expression in quotation marks: mibun "2x^2 + x y".',
        ),
        "ko": ("식은 하나만 쓸 수 있습니다: {word}", '식 전체를 따옴표로 묶어 써 주세요: mibun "2x^2 + x y".'),
    },
    "usage_option": {
        "en": (
            "There is no such option: {option}",
            "There are: {options}. Before an expression that begins with --, write -- by itself.",
        ),
        "ko": (
            "없는 옵션입니다: {option}",
            "쓸 수 있는 옵션: {options}. 식이 --로 시작하면 앞에 -- 를 따로 써 주세요.",
        ),
    },
    "usage_value": {
        "en": ("{option} needs a value.", "See mibun --help."),
        "ko": ("{option} 뒤에 값이 있어야 합니다.", "도움말은 mibun --help입니다."),
    },
    "usage_flag": {
        "en": ("{option} takes no value.", "Write {option} alone."),
        "ko": ("{option}에는 값을 쓰지 않습니다.", "{option}만 써 주세요."),
    },
    "usage_integer": {
        "en": ("The value of {option} has to be a whole number: {given}", "For example {option} 2."),
        "ko": ("{option}의 값은 정수여야 합니다: {given}", "{option} 2처럼 써 주세요."),
    },
    "usage_formats": {
        "en": ("{options} exclude each other.", "Choose one form of output."),
        "ko": ("{options:은} 함께 쓸 수 없습니다.", "출력 형식은 하나만 골라 주세요."),
    },
    "usage_variable": {
        "en": ("This function has no such variable: {given}", "Its variables: {variables}."),
        "ko": ("이 함수의 변수가 아닙니다: {given}", "변수: {variables}."),
    },
    "usage_no_variable": {
        "en": ("The name of the variable is empty.", "Write --wrt x, for example."),
        "ko": ("변수의 이름이 비어 있습니다.", "--wrt x처럼 써 주세요."),
    },
    "usage_one_variable": {
        "en": ("This verb takes one variable; there are several: {variables}.", "Choose one: {example}"),
        "ko": ("변수 하나에 대한 명령인데 변수가 여럿입니다: {variables}", "하나를 골라 주세요: {example}"),
    },
    "usage_no_file": {
        "en": ("There is no file to write the picture to.", "Name it: -o tangent.svg"),
        "ko": ("그림을 저장할 파일이 없습니다.", "-o tangent.svg처럼 파일 이름을 써 주세요."),
    },
    "usage_no_at": {
        "en": ("No point was given.", "Give one: --at {example}"),
        "ko": ("점을 정해 주지 않았습니다.", "--at {example}처럼 점을 정해 주세요."),
    },
    "usage_second": {
        "en": (
            "The second expression is missing.",
            'Put both in quotation marks: mibun equal "(x + 1)^2" "x^2 + 2x + 1"',
        ),
        "ko": (
            "두 번째 식이 없습니다.",
            '두 식을 각각 따옴표로 묶어 써 주세요: mibun equal "(x + 1)^2" "x^2 + 2x + 1"',
        ),
    },
    "usage_verb": {
        "en": ("There is no verb {given}; perhaps {verb} is meant.", "mibun --help lists the verbs."),
        "ko": ("{given:이라는} 명령은 없습니다. 혹시 {verb}인가요?", "명령의 목록은 mibun --help에 있습니다."),
    },
    "usage_no_point": {
        "en": ("The point is empty.", "Write --at {example}, for example."),
        "ko": ("점이 비어 있습니다.", "--at {example}처럼 써 주세요."),
    },
    "usage_point": {
        "en": ("This does not say where: {given}", "The variables are {variables}: write --at {example}."),
        "ko": ("어느 점인지 알 수 없습니다: {given}", "변수는 {variables}입니다. --at {example}처럼 써 주세요."),
    },
    "principles_base": {
        "en": (
            "There is no such function on any interval: {function}",
            "The base of a power with a varying exponent is positive, that of a logarithm also different from 1.",
        ),
        "ko": (
            "어떤 구간에서도 정의되지 않는 함수입니다: {function}",
            "지수에 변수가 있는 거듭제곱의 밑은 양수로, 로그의 밑은 1이 아닌 양수로 써 주세요.",
        ),
    },
    "black_box": {
        "en": (
            "Of {callee} there are values only and no formula, so that there is no {name}.",
            "Use its limit and derivative, or mibun.derivative; or write the function as a formula.",
        ),
        "ko": (
            "{callee} 함수는 값만 구할 수 있고 식을 알 수 없으므로 {name:을} 쓸 수 없습니다.",
            "limit, derivative나 mibun.derivative를 쓰거나, 함수를 식으로 써 주세요.",
        ),
    },
    "black_box_branch": {
        "en": (
            "{file}, line {line}: The function goes another way for other values, "
            "so that no formula says what it does, and there is no {name}.",
            "Write np.where(condition, a, b); or use its limit and derivative, or mb.grad, which goes each way.",
        ),
        "ko": (
            "{file} {line}번째 줄: 값에 따라 갈라지는 함수라서 식 하나로 쓸 수 없으므로 {name:을} 쓸 수 없습니다.",
            "np.where(조건, a, b)로 고쳐 쓰거나, limit, derivative 또는 갈래마다 따라가는 mb.grad를 써 주세요.",
        ),
    },
    "black_box_op": {
        "en": (
            "The function uses {op}, which formulas do not have.",
            "Use its limit and derivative, or mb.grad.",
        ),
        "ko": (
            "함수에 쓰인 {op:은} 식에 없는 연산입니다.",
            "limit, derivative나 mb.grad를 써 주세요.",
        ),
    },
    "condition": {
        "en": ("This is not a condition: {given}", 'Write one such as "x > 0" or "0 < x < 1".'),
        "ko": ("조건으로 읽을 수 없습니다: {given}", '"x > 0"이나 "0 < x < 1"처럼 써 주세요.'),
    },
    "picture_kind": {
        "en": ("There is no picture of this kind: {given}", "Choose one of: {kinds}."),
        "ko": ("없는 그림 종류입니다: {given}", "다음 가운데 하나를 골라 주세요: {kinds}"),
    },
    "picture_two": {
        "en": (
            "Level lines and surfaces are of functions of two variables; this one has {count}.",
            'Choose a variable to see the function along it: wrt="{example}" (--wrt {example}).',
        ),
        "ko": (
            "등고선과 곡면은 변수가 두 개인 함수의 그림인데, 이 함수의 변수는 {count}개입니다.",
            '변수 하나를 골라 그 방향의 그래프를 보세요: wrt="{example}" (--wrt {example})',
        ),
    },
    "picture_no_error": {
        "en": ("At {point} there is no error to draw.", "Choose the kind tangent, or another point."),
        "ko": ("{point}에서는 그릴 오차가 없습니다.", "tangent 그림이나 다른 점을 골라 주세요."),
    },
    "not_a_point": {
        "en": ("This is not a number for {name}: {given}", 'Give a number, or an expression such as "pi/4".'),
        "ko": ("{name}의 값으로 쓸 수 없습니다: {given}", '수나 "pi/4" 같은 식을 써 주세요.'),
    },
    "step": {
        "en": ("This is not a step h: {given}", "Give a positive number such as 0.0001."),
        "ko": ("h로 쓸 수 없는 값입니다: {given}", "0.0001처럼 양수를 써 주세요."),
    },
    "step_taken": {
        "en": ("{name} is a variable of the function already.", 'Choose another letter: f.quotient("x", h="k").'),
        "ko": ("{name:은} 이미 함수의 변수입니다.", 'f.quotient("x", h="k")처럼 다른 문자를 골라 주세요.'),
    },
    "infinite_point": {
        "en": (
            "The value of {given} cannot be computed.",
            "Choose a point within the range of the computer's numbers.",
        ),
        "ko": ("{given}의 값을 구할 수 없습니다.", "계산할 수 있는 범위의 점을 골라 주세요."),
    },
    "usage_encoding": {
        "en": ("The input is not text in UTF-8: byte {position} cannot be read.", "Save it as UTF-8."),
        "ko": (
            "입력이 UTF-8로 저장된 글이 아닙니다. {position}번째 바이트를 읽을 수 없습니다.",
            "UTF-8로 저장해 주세요.",
        ),
    },
    "usage_input": {
        "en": ("The input is longer than {limit} bytes.", "Give a shorter expression."),
        "ko": ("입력이 {limit}바이트보다 깁니다.", "더 짧은 식을 써 주세요."),
    },
    "usage_output": {
        "en": ("The output cannot be written: {reason}.", "Write it to another place."),
        "ko": ("출력을 쓸 수 없습니다: {reason}", "다른 곳에 써 보세요."),
    },
    "usage_resources": {
        "en": (
            "This takes more time or memory than mibun allows itself.",
            "Try a simpler expression or fewer differentiations.",
        ),
        "ko": ("정해 둔 시간이나 메모리로는 계산할 수 없습니다.", "더 간단한 식을 쓰거나 미분 횟수를 줄여 보세요."),
    },
    # Writing (write/notation.py)
    "text_length": {
        "en": ("Written out, this expression has more than {limit} characters.", "Evaluate it, or write a part of it."),
        "ko": ("이 식을 다 쓰면 {limit}자를 넘습니다.", "값을 계산하거나, 식의 일부만 써 보세요."),
    },
    # Reading (read/)
    "note": {
        "en": ("Read as {taken}; it could also mean {others}.", ""),
        "ko": ("{taken:으로} 읽었습니다. {others:으로} 읽을 수도 있습니다.", ""),
    },
    "note_log": {
        "en": ("Read as the natural logarithm {taken}; --profile ko-school reads it to base 10.", ""),
        "ko": ("자연로그 {taken:으로} 읽었습니다. 상용로그로 읽으려면 --profile ko-school을 써 주세요.", ""),
    },
    "note_derivative": {
        "en": (
            "Read as a function that is itself a derivative, {taken}, to be differentiated once more; "
            "to differentiate {others}, write it alone.",
            "",
        ),
        "ko": (
            "이미 도함수인 {taken:을} 한 번 더 미분하는 것으로 읽었습니다. {others:을} 미분하려면 그 식만 써 주세요.",
            "",
        ),
    },
    "note_letters": {
        "en": ("Read as the product {taken}; a variable called {others} has to be declared: f({others}) = …", ""),
        "ko": ("곱 {taken:으로} 읽었습니다. {others:이} 변수의 이름이라면 f({others}) = …처럼 써 주세요.", ""),
    },
    "note_cases": {
        "en": ("The cases leave single points out; the last condition, {others}, is read as {taken}.", ""),
        "ko": (
            "어느 경우에도 속하지 않는 점이 있어서 마지막 조건 {others:을} {taken:으로} 읽었습니다.",
            "",
        ),
    },
    "ambiguous": {
        "en": ("This can be read as {taken} or as {others}.", "Put brackets so that only one reading is left."),
        "ko": (
            "{taken:으로} 읽을 수도 있고 {others:으로} 읽을 수도 있습니다.",
            "괄호를 써서 뜻이 하나만 되게 해 주세요.",
        ),
    },
    "empty": {
        "en": ("There is nothing to read.", "Write a function, for example x^2/2."),
        "ko": ("읽을 식이 없습니다.", "예를 들어 x^2/2처럼 함수를 써 주세요."),
    },
    "missing_after": {
        "en": (
            "Something is missing after {token}.",
            "A number, a variable, a function or a bracket was expected there.",
        ),
        "ko": ("{token} 다음에 와야 할 것이 빠졌습니다.", "그 자리에 수, 변수, 함수, 괄호 가운데 하나를 써 주세요."),
    },
    "unexpected": {
        "en": ("{token} does not fit here.", "A number, a variable, a function or a bracket was expected before it."),
        "ko": ("이 자리에는 {token} 기호가 올 수 없습니다.", "그 앞에 수, 변수, 함수, 괄호 가운데 하나를 써 주세요."),
    },
    "empty_brackets": {
        "en": ("There is nothing inside these brackets.", "Write an expression between them."),
        "ko": ("괄호 안이 비어 있습니다.", "괄호 안에 식을 써 주세요."),
    },
    "unclosed": {
        "en": ("The bracket {token} is never closed.", "Add the closing bracket where it belongs."),
        "ko": ("여는 괄호 {token}에 맞는 닫는 괄호가 없습니다.", "알맞은 자리에 닫는 괄호를 넣어 주세요."),
    },
    "unopened": {
        "en": ("The bracket {token} was never opened.", "Remove it, or add the opening bracket where it belongs."),
        "ko": (
            "닫는 괄호 {token}에 맞는 여는 괄호가 없습니다.",
            "이것을 지우거나 알맞은 자리에 여는 괄호를 넣어 주세요.",
        ),
    },
    "mismatch": {
        "en": (
            "The brackets are of different kinds: {first} {second}",
            "Open and close with brackets of the same kind.",
        ),
        "ko": ("여는 괄호와 닫는 괄호의 종류가 다릅니다: {first} {second}", "같은 종류의 괄호로 열고 닫아 주세요."),
    },
    "comma": {
        "en": ("A comma cannot stand here.", "Decimals take a point, as in 3.14; thousands no sign, as in 1000."),
        "ko": ("쉼표를 쓸 수 없는 자리입니다.", "소수는 3.14처럼 점으로, 큰 수는 1000처럼 쉼표 없이 써 주세요."),
    },
    "one_function": {
        "en": ("Only one function can be read at a time.", "Give each function by itself."),
        "ko": ("함수는 한 번에 하나만 읽을 수 있습니다.", "함수를 하나씩 따로 써 주세요."),
    },
    "differential": {
        "en": (
            "{name} is a differential, not part of a function.",
            "Write the function without {name}; a product is written {product}.",
        ),
        "ko": (
            "{name:은} 함수의 식에 들어가지 않습니다.",
            "{name} 없이 함수의 식만 써 주세요. 곱이라면 {product}처럼 씁니다.",
        ),
    },
    "two_numbers": {
        "en": (
            "Two numbers stand side by side: {first} and {second}.",
            "Write the sign between them: {first} + {second} for a mixed number, {first}*{second} for a product.",
        ),
        "ko": (
            "두 수 {first:과} {second:이} 나란히 있습니다.",
            "사이에 기호를 써 주세요. 대분수는 {first} + {second}, 곱은 {first}*{second}처럼 씁니다.",
        ),
    },
    "number_after": {
        "en": (
            "The number {number} follows without a sign.",
            "Write *{number} for a product or ^{number} for a power.",
        ),
        "ko": ("수 {number} 앞에 연산 기호가 없습니다.", "곱이면 *{number}, 거듭제곱이면 ^{number}처럼 써 주세요."),
    },
    "bad_character": {
        "en": (
            "This character cannot be part of a formula: {char}",
            "Use letters, numbers, brackets and + - * / ^ only.",
        ),
        "ko": ("식에 쓸 수 없는 문자입니다: {char}", "영문자, 수, 괄호, + - * / ^만 써 주세요."),
    },
    "hangul": {
        "en": ("A formula cannot have Korean letters: {char}", "Switch the keyboard to English letters."),
        "ko": ("식에는 한글을 쓸 수 없습니다: {char}", "한/영 키를 눌러 영문자로 입력해 주세요."),
    },
    "infinity": {
        "en": ("Infinity is not a number.", "Use a variable in place of ∞, and put large values in."),
        "ko": ("무한대는 수가 아닙니다.", "∞ 대신 변수를 쓰고 큰 값을 넣어 보세요."),
    },
    "misspelt_function": {
        "en": (
            "There is no function {name}; perhaps {suggestion} is meant.",
            "Write {suggestion}(x), for example.",
        ),
        "ko": (
            "{name:이라는} 함수는 없습니다. {suggestion:을} 쓰려던 것인가요?",
            "{suggestion}(x)처럼 써 주세요.",
        ),
    },
    "unknown_function": {
        "en": (
            "There is no function {name}.",
            "For a product, write {product}; functions without a formula are called f, g or h.",
        ),
        "ko": (
            "{name:이라는} 함수는 없습니다.",
            "곱이라면 {product}처럼 쓰고, 식이 정해지지 않은 함수는 f, g, h로 써 주세요.",
        ),
    },
    "needs_argument": {
        "en": ("Nothing follows {name}.", "Write {name}(x), for example."),
        "ko": ("{name} 뒤에 식이 없습니다.", "{name}(x)처럼 써 주세요."),
    },
    "words_where": {
        "en": (
            "The word {name} is not read like this.",
            "Write the condition first, then the two values, in brackets: where(x > 0, x^2, -x).",
        ),
        "ko": (
            "{name:은} 이렇게 쓸 수 없습니다.",
            "where(x > 0, x^2, -x)처럼 괄호 안에 조건과 두 값을 차례로 써 주세요.",
        ),
    },
    "words_diff": {
        "en": (
            "The word {name} is not needed.",
            "Write the function alone, such as x^2; a derivative inside a formula is written diff(x^2, x).",
        ),
        "ko": (
            "{name:은} 쓰지 않아도 됩니다.",
            "x^2처럼 함수의 식만 써 주세요. 식 안의 도함수는 diff(x^2, x)처럼 씁니다.",
        ),
    },
    "needs_brackets": {
        "en": ("{name} takes several expressions.", "Write them in brackets, with commas between them: {name}(…, …)."),
        "ko": ("{name}에는 식이 여러 개 필요합니다.", "괄호 안에 쉼표로 나누어 {name}(…, …)처럼 써 주세요."),
    },
    "argument_count": {
        "en": ("{name} was given the wrong number of expressions: {given}.", "It takes {wanted}. Check the commas."),
        "ko": ("{name}의 괄호 안에 식이 {given}개 있습니다.", "{wanted}개를 써야 합니다. 쉼표를 확인해 주세요."),
    },
    "argument_least": {
        "en": (
            "{name} was given the wrong number of expressions: {given}.",
            "It takes {least} or more. Check the commas.",
        ),
        "ko": ("{name}의 괄호 안에 식이 {given}개 있습니다.", "{least}개 이상 써야 합니다. 쉼표를 확인해 주세요."),
    },
    "argument_range": {
        "en": (
            "{name} was given the wrong number of expressions: {given}.",
            "It takes {least} or {most}. Check the commas.",
        ),
        "ko": (
            "{name}의 괄호 안에 식이 {given}개 있습니다.",
            "{least}개나 {most}개를 써야 합니다. 쉼표를 확인해 주세요.",
        ),
    },
    "negative_power": {
        "en": (
            "It is not clear what this negative power of {name} means.",
            "Write 1/{name}(x)^n. Only ^-1, after a trigonometric or hyperbolic function, means the inverse.",
        ),
        "ko": (
            "{name}의 음의 거듭제곱이 무엇을 뜻하는지 분명하지 않습니다.",
            "{name}(x)^(-n) 또는 1/{name}(x)^n으로 써 주세요. ^-1은 삼각함수와 쌍곡선함수에서만 역함수를 뜻합니다.",
        ),
    },
    "two_bases": {
        "en": ("This logarithm has two bases.", "Write either log_a(x) or log(x, a)."),
        "ko": ("로그의 밑이 둘입니다.", "log_a(x)와 log(x, a) 가운데 하나로 써 주세요."),
    },
    "equation": {
        "en": (
            "This is an equation, not the formula of a function.",
            "Write one side only, or give it a name: f(x) = x^2.",
        ),
        "ko": ("함수의 식이 아니라 등식입니다.", "한쪽 변만 쓰거나, f(x) = x^2처럼 이름을 붙여 주세요."),
    },
    "reserved_name": {
        "en": ("{name} is the name of a known function.", "Choose another name."),
        "ko": ("{name:은} 이미 있는 함수의 이름입니다.", "다른 이름을 써 주세요."),
    },
    "repeated_variable": {
        "en": ("The variable {name} is listed twice.", "List each variable once, as in f(x, y)."),
        "ko": ("변수 {name:이} 두 번 나옵니다.", "f(x, y)처럼 변수마다 한 번만 써 주세요."),
    },
    "float_range": {
        "en": ("This decimal lies outside the range of floating-point numbers.", "Write it as a power: 10^400."),
        "ko": ("이 소수는 부동소수점 수의 범위를 벗어납니다.", "10^400처럼 거듭제곱으로 써 주세요."),
    },
    "too_many_digits": {
        "en": ("A number has more than {limit} digits.", "Write it as a power or a product."),
        "ko": ("수가 {limit}자리를 넘습니다.", "거듭제곱이나 곱으로 써 주세요."),
    },
    "text_too_long": {
        "en": ("The text is {given} characters long; the limit is {limit}.", "Give the function in parts."),
        "ko": ("식이 {given}자로, 한도인 {limit}자를 넘습니다.", "함수를 나누어 써 주세요."),
    },
    "word_too_long": {
        "en": ("More than {limit} letters stand in a row.", "Write * between the letters that are multiplied."),
        "ko": ("문자가 {limit}개 넘게 이어져 있습니다.", "곱하는 문자 사이에 *를 써 주세요."),
    },
    "condition_wanted": {
        "en": ("A number stands where a condition is expected.", "A condition compares two values: x > 0."),
        "ko": ("조건이 올 자리에 수가 있습니다.", "x > 0처럼 두 값을 비교하는 식을 써 주세요."),
    },
    "number_wanted": {
        "en": ("A condition stands where a number is expected.", "Choose between two values with where(x > 0, a, b)."),
        "ko": ("수가 올 자리에 조건이 있습니다.", "조건에 따라 값을 고르려면 where(x > 0, a, b)처럼 써 주세요."),
    },
    "condition_alone": {
        "en": (
            "This is a condition, not a function.",
            "To choose between two values, write where({condition}, a, b).",
        ),
        "ko": (
            "함수가 아니라 조건입니다.",
            "조건에 따라 값을 고르려면 where({condition}, a, b)처럼 써 주세요.",
        ),
    },
    "unclear_cases": {
        "en": (
            "It is not clear whether every value of the variable belongs to a case.",
            "Give the last case without a condition, or with \\text{{otherwise}}.",
        ),
        "ko": (
            "변수의 모든 값이 어느 한 경우에 속하는지 알 수 없습니다.",
            "마지막 줄은 조건을 쓰지 않거나 \\text{{그 외}}라고 써 주세요.",
        ),
    },
    "open_cases": {
        "en": (
            "Some values of the variable belong to no case.",
            "Give the last case without a condition, or with \\text{{otherwise}}.",
        ),
        "ko": (
            "어느 구간에도 속하지 않는 값이 있습니다.",
            "마지막 줄은 조건을 쓰지 않거나 \\text{{그 외}}라고 써 주세요.",
        ),
    },
    "diff_by": {
        "en": (
            "The second place of diff takes a variable.",
            "Write diff(u, x), or diff(u, x, 2) for the second derivative.",
        ),
        "ko": (
            "diff의 둘째 자리에는 변수를 써야 합니다.",
            "diff(u, x)로, 두 번 미분할 때는 diff(u, x, 2)로 써 주세요.",
        ),
    },
    "order_written": {
        "en": ("More than {limit} derivatives are asked for.", "Use fewer."),
        "ko": ("미분하는 횟수가 {limit}번을 넘습니다.", "횟수를 줄여 주세요."),
    },
    "leibniz_order": {
        "en": ("The orders above and below the line differ.", "Write d^2/dx^2, with the same number twice."),
        "ko": ("분자와 분모의 미분 횟수가 서로 다릅니다.", "d^2/dx^2처럼 같은 수를 두 번 써 주세요."),
    },
    "which_prime": {
        "en": ("The prime does not say by which of {names} to differentiate.", "Write d/dx before the brackets."),
        "ko": (
            "프라임(′)만으로는 {names} 가운데 어느 것으로 미분하는지 알 수 없습니다.",
            "괄호 앞에 d/dx처럼 써 주세요.",
        ),
    },
    "prime_of_number": {
        "en": ("A prime has to follow a function or a bracket.", "Write (x^2)' for the derivative of x^2."),
        "ko": ("프라임(′)은 함수나 괄호 뒤에 와야 합니다.", "x^2의 도함수는 (x^2)'처럼 써 주세요."),
    },
    "prime_of_value": {
        "en": ("The brackets after {name}' take a single variable.", "Write d/dx {name}(…) instead."),
        "ko": ("{name}' 뒤의 괄호에는 변수 하나만 쓸 수 있습니다.", "d/dx {name}(…)처럼 써 주세요."),
    },
    "prime_of_several": {
        "en": (
            "The prime does not say by which variable of {name} to differentiate.",
            "Write {name}[1,0](x, y) for the derivative by the first variable.",
        ),
        "ko": (
            "프라임(′)만으로는 {name:을} 어느 변수로 미분하는지 알 수 없습니다.",
            "첫째 변수로 미분하려면 {name}[1,0](x, y)처럼 써 주세요.",
        ),
    },
    "unknown_command": {
        "en": ("This LaTeX command is not known here: {name}", "Only what occurs in formulas of functions is read."),
        "ko": ("읽을 수 없는 LaTeX 명령입니다: {name}", "함수의 식에 쓰이는 명령만 써 주세요."),
    },
    "misspelt_command": {
        "en": ("There is no LaTeX command {name} here; perhaps {suggestion} is meant.", "Check the spelling."),
        "ko": ("없는 LaTeX 명령입니다: {name}", "{suggestion:을} 쓰려던 것이 아닌지 철자를 확인해 주세요."),
    },
    "binomial": {
        "en": ("Binomial coefficients are not read: {name}", "Write factorials: n!/(k!*(n-k)!)."),
        "ko": ("이항계수는 읽을 수 없습니다: {name}", "n!/(k!*(n-k)!)처럼 계승으로 써 주세요."),
    },
    "no_formula": {
        "en": ("{name} is not read.", "Write only the formula of the function to differentiate."),
        "ko": ("{name} 기호는 읽지 않습니다.", "미분할 함수의 식만 써 주세요."),
    },
    "subscript": {
        "en": (
            "This subscript is not part of a name.",
            "A subscript is made of letters and digits: x_1, x_{{12}}, x_{{max}}.",
        ),
        "ko": (
            "이 아래 첨자는 이름으로 읽을 수 없습니다.",
            "아래 첨자는 x_1, x_{{12}}, x_{{max}}처럼 문자와 숫자로 써 주세요.",
        ),
    },
    "profile": {
        "en": ("There is no such profile: {given}", "Use ko-school, or leave --profile out."),
        "ko": ("없는 프로필입니다: {given}", "ko-school을 쓰거나 --profile을 빼 주세요."),
    },
    "sympy_depth": {
        "en": ("This SymPy expression is nested too deeply for SymPy itself.", "Give it as text instead."),
        "ko": ("이 SymPy 식은 SymPy가 다루기에 너무 깊게 겹쳐 있습니다.", "식을 텍스트로 써 주세요."),
    },
    "sympy_class": {
        "en": ("SymPy's {name} has no counterpart here.", "Rewrite the expression with elementary functions."),
        "ko": ("SymPy의 {name:은} 읽을 수 없습니다.", "초등함수로 식을 바꾸어 써 주세요."),
    },
    # What happens to a function at a point (NotDifferentiable, and the sheet)
    "at_kink": {
        "en": (
            "The slope is {left} on the left and {right} on the right: not differentiable there.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "좌미분계수는 {left}, 우미분계수는 {right:으로} 서로 다르므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_vertical_tangent": {
        "en": (
            "There is no finite slope there: the tangent is vertical.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에서 접선이 x축에 수직이어서 미분계수가 존재하지 않으므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_cusp": {
        "en": (
            "There is no finite slope there: it tends to {left} on the left and to {right} on the right (a cusp).",
            "Ask for a point beside it.",
        ),
        "ko": (
            "기울기가 왼쪽에서는 {left:으로}, 오른쪽에서는 {right:으로} 발산하는 첨점이므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_endpoint_right": {
        "en": (
            "The domain ends there; the slope from the right is {right}.",
            "Ask for a point inside the domain.",
        ),
        "ko": (
            "정의역의 왼쪽 끝점입니다. 우미분계수는 {right}입니다.",
            "정의역 안쪽의 점에서 구해 보세요.",
        ),
    },
    "at_endpoint_left": {
        "en": (
            "The domain ends there; the slope from the left is {left}.",
            "Ask for a point inside the domain.",
        ),
        "ko": (
            "정의역의 오른쪽 끝점입니다. 좌미분계수는 {left}입니다.",
            "정의역 안쪽의 점에서 구해 보세요.",
        ),
    },
    "at_jump": {
        "en": (
            "The function jumps there, from {left} to {right}, so it is not differentiable.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에서 좌극한은 {left}, 우극한은 {right:으로} 서로 달라 불연속이므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_jump_value": {
        "en": (
            "The function jumps there: its value {value} is not the limit {limit}. So it is not differentiable.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에서 함숫값 {value:과} 극한값 {limit:이} 달라 불연속이므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_hole": {
        "en": (
            "The function is not defined there, but it tends to {limit} (a removable hole).",
            "Define it there as its limit.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지 않습니다. 다만 극한값은 {limit}입니다(제거할 수 있는 불연속점).",
            "이 점에서의 함숫값을 극한값으로 정의해 보세요.",
        ),
    },
    "at_hole_smooth": {
        "en": (
            "The function is not defined there, but it tends to {limit} (a removable hole). "
            "With this value filled in, the slope would be {slope}.",
            "Define it there as its limit.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지 않습니다. 다만 극한값이 {limit:이라} 제거할 수 있는 불연속점이고, "
            "함숫값을 극한값으로 정의하면 미분계수는 {slope:이} 됩니다.",
            "이 점에서의 함숫값을 극한값으로 정의해 보세요.",
        ),
    },
    "at_hole_kink": {
        "en": (
            "The function is not defined there, but it tends to {limit} (a removable hole). With this value filled in, "
            "the slope would be {left} on the left and {right} on the right.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지 않습니다. 극한값 {limit:을} 함숫값으로 정의하더라도 "
            "좌미분계수는 {left}, 우미분계수는 {right:으로} 서로 다릅니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_hole_value": {
        "en": (
            "The value {value} is not the limit {limit}: the function is not continuous there, so not differentiable.",
            "Define the value there as the limit.",
        ),
        "ko": (
            "이 점에서 함숫값 {value:과} 극한값 {limit:이} 달라 불연속이므로 미분가능하지 않습니다.",
            "이 점에서의 함숫값을 극한값으로 정의해 보세요.",
        ),
    },
    "at_pole": {
        "en": (
            "The function is not defined there: on at least one side of the point it grows beyond all bounds.",
            "Ask for a point inside the domain.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지 않습니다. 이 점에 한없이 가까워질 때 적어도 한쪽에서 함숫값이 발산합니다.",
            "정의역 안쪽의 점에서 구해 보세요.",
        ),
    },
    "at_pole_value": {
        "en": (
            "The function is not continuous there: it grows beyond all bounds beside the point.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에 한없이 가까워질 때 함숫값이 발산하여 불연속이므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_oscillation": {
        "en": (
            "The function oscillates beside the point and has no limit there, so no slope.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에 한없이 가까워질 때 함숫값이 진동하여 극한이 없으므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_oscillating_quotient": {
        "en": (
            "The function is continuous there, but its difference quotient oscillates without a limit: no slope.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에서 연속이지만 평균변화율이 진동하여 극한이 없으므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_oscillating_hole": {
        "en": (
            "The function is not defined there. It tends to {limit}, but even with this value filled in "
            "the difference quotient oscillates without a limit: no slope.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지 않습니다. 극한값 {limit:을} 함숫값으로 정의하더라도 "
            "평균변화율이 진동하여 극한이 없으므로 미분가능하지 않습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_isolated": {
        "en": (
            "The function is defined at this point, but not beside it: there is no slope.",
            "Ask for a point inside the domain.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지만 그 가까이에서는 정의되지 않으므로 미분가능하지 않습니다.",
            "정의역 안쪽의 점에서 구해 보세요.",
        ),
    },
    "at_outside": {
        "en": ("The function is not defined there.", "Ask for a point inside the domain."),
        "ko": ("이 점에서는 함수가 정의되지 않습니다.", "정의역 안쪽의 점에서 구해 보세요."),
    },
    "at_end": {
        "en": (
            "The function is not defined there; the domain ends there, and the function tends to {limit}.",
            "Ask for a point inside the domain.",
        ),
        "ko": (
            "이 점에서는 함수가 정의되지 않습니다. 정의역의 끝이며 한쪽 극한값은 {limit}입니다.",
            "정의역 안쪽의 점에서 구해 보세요.",
        ),
    },
    "at_parts": {
        "en": (
            "There is no value, since it is {left} on the left and {right} on the right.",
            "Ask for a point beside it.",
        ),
        "ko": (
            "왼쪽 값은 {left}, 오른쪽 값은 {right:으로} 서로 다르므로 이 점에서는 값이 없습니다.",
            "그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_lower": {
        "en": ("The derivative before this one does not exist there.", "Ask for a lower order, or a point beside it."),
        "ko": (
            "이 점에서는 한 번 덜 미분한 도함수의 값이 없으므로 미분가능하지 않습니다.",
            "미분하는 횟수를 줄이거나 그 옆의 다른 점에서 구해 보세요.",
        ),
    },
    "at_infinite": {
        "en": ("There is no finite value there.", "Ask for a point beside it."),
        "ko": ("이 점에서는 값이 유한하지 않습니다.", "그 옆의 다른 점에서 구해 보세요."),
    },
    # Pictures
    "no_matplotlib": {
        "en": ("Pictures need Matplotlib, which is not installed.", 'Install it: pip install "mibun[plot]"'),
        "ko": (
            "그림을 그리려면 Matplotlib이 필요한데 설치되어 있지 않습니다.",
            '설치: pip install "mibun[plot]"',
        ),
    },
    "no_hangul_font": {
        "en": (
            "No font with Hangul was found for the words in the picture.",
            'Install one: pip install "mibun[plot]" brings Nanum Gothic. Or draw it in English: lang="en".',
        ),
        "ko": (
            "그림에 쓸 한글 글꼴을 찾지 못했습니다.",
            'pip install "mibun[plot]"으로 나눔고딕을 설치하거나, lang="en"으로 영어 그림을 그려 주세요.',
        ),
    },
    "diagram_box": {
        "en": ("There is no box {given} in this graph.", "Choose one of those that are drawn: {names}"),
        "ko": ("이 그래프에 없는 상자입니다: {given}", "그려진 상자 가운데 하나를 골라 주세요: {names}"),
    },
    "diagram_group": {
        "en": ("There is no group {given} in this graph.", "These are its groups: {groups}"),
        "ko": ("이 그래프에 없는 묶음입니다: {given}", "이 가운데 하나를 골라 주세요: {groups}"),
    },
    "diagram_step": {
        "en": ("There is no step {given}.", "Choose a number from 1 to {count}."),
        "ko": ("없는 단계입니다: {given}", "1부터 {count}까지의 번호를 골라 주세요."),
    },
    "diagram_numbers": {
        "en": (
            "The paths of {slope} lead through wires without a number.",
            "Draw the graph at a point, and name one entry of an array by its index.",
        ),
        "ko": (
            "{slope}의 경로에 수로 나타낼 수 없는 선이 있습니다.",
            "점을 정해 그래프를 그리고, 배열이면 성분 하나를 인덱스로 골라 주세요.",
        ),
    },
    "diagram_entry": {
        "en": ("{name} is an array of shape {shape}.", "Choose one of its entries by the index, as in {example}."),
        "ko": ("{name:은} 모양이 {shape}인 배열입니다.", "{example}처럼 성분 하나를 인덱스로 골라 주세요."),
    },
    "diagram_size": {
        "en": (
            "A picture of {count} boxes could not be read; the limit is {limit}.",
            "Fold groups of them (fold), or write the graph as text (.txt) or data (.json).",
        ),
        "ko": (
            "상자가 {count}개인 그림은 알아볼 수 없습니다. 한도는 {limit}개입니다.",
            "묶음을 접거나(fold) 텍스트(.txt)나 데이터(.json)로 저장해 주세요.",
        ),
    },
    "picture_suffix": {
        "en": ("A picture cannot be written as {path}.", "Choose one of the endings {suffixes}."),
        "ko": ("그림을 {path:으로} 저장할 수 없습니다.", "파일 이름의 끝을 {suffixes} 가운데 하나로 해 주세요."),
    },
    "picture_dpi": {
        "en": ("This is not a resolution: {given}", "Give dots per inch, from 10 to 1200."),
        "ko": ("해상도로 쓸 수 없는 값입니다: {given}", "인치당 점의 수를 10부터 1200까지의 수로 써 주세요."),
    },
    "picture_range": {
        "en": ("This is not a range for a picture: {given}", "Give two numbers, the smaller first: (-2, 3)."),
        "ko": ("그림의 범위로 쓸 수 없습니다: {given}", "(-2, 3)처럼 두 수를 작은 것부터 써 주세요."),
    },
    "picture_ranges": {
        "en": ("These are not two ranges for a picture: {given}", "Give one for each variable: ((-2, 2), (0, 4))."),
        "ko": ("그림의 두 범위로 쓸 수 없습니다: {given}", "((-2, 2), (0, 4))처럼 변수마다 하나씩 써 주세요."),
    },
    "picture_errors": {
        "en": ("There are {errors} errors for {steps} steps h.", "Give one error for each h, None for none."),
        "ko": ("h는 {steps}개인데 오차는 {errors}개입니다.", "h마다 오차를 하나씩, 없으면 None을 써 주세요."),
    },
    "picture_variables": {
        "en": (
            "This picture shows a function of two variables, not of {variables}.",
            "Choose two variables, and give the others values.",
        ),
        "ko": (
            "이 그림은 두 변수의 함수만 그릴 수 있습니다. 주어진 변수: {variables}.",
            "변수 두 개를 고르고 나머지 변수에는 값을 넣어 주세요.",
        ),
    },
    "picture_empty": {
        "en": ("The function has no value anywhere from {low} to {high}.", "Choose another point or another range."),
        "ko": (
            "{low}부터 {high}까지의 범위에는 함숫값이 하나도 없습니다.",
            "다른 점이나 다른 범위를 골라 주세요.",
        ),
    },
    # Enclosures (limit/enclosure.py)
    "enclose_digits": {
        "en": ("This is not a number of digits: {given}", "Give a whole number from 1 to {limit}."),
        "ko": ("자릿수로 쓸 수 없는 값입니다: {given}", "1부터 {limit}까지의 정수를 써 주세요."),
    },
    "enclose_digits_limit": {
        "en": ("{given} digits are beyond the limit, {limit}.", "Ask for fewer digits."),
        "ko": ("{given}자리까지는 구할 수 없습니다. 한도는 {limit}자리입니다.", "자릿수를 줄여 주세요."),
    },
    "enclose_budget": {
        "en": (
            "{digits} digits take too long here: too many of them cancel. What is proved so far: {found}",
            "Ask for fewer digits, or write the function so that less cancels.",
        ),
        "ko": (
            "자릿수가 너무 많이 상쇄되어 {digits}자리까지 구하는 데 시간이 너무 오래 걸립니다. "
            "지금까지 증명된 것: {found}",
            "자릿수를 줄이거나 상쇄가 적은 꼴로 식을 써 주세요.",
        ),
    },
    "enclose_magnitude": {
        "en": (
            "The value is too large or too close to 0: it has more than {limit} digits before or behind the point.",
            "Take the logarithm of the function.",
        ),
        "ko": (
            "값이 너무 크거나 0에 너무 가깝습니다. 소수점 앞이나 뒤의 자릿수가 {limit}자리를 넘습니다.",
            "함수에 로그를 취해 보세요.",
        ),
    },
    "enclose_undecided": {
        "en": (
            "Whether there is a value at {point} cannot be decided with the precision that is affordable.",
            "f.limit(...) says what the values beside the point tell.",
        ),
        "ko": (
            "쓸 수 있는 정밀도로는 {point}에서 값이 있는지 판정할 수 없습니다.",
            "f.limit(...)을 쓰면 그 점 가까이에서의 값으로 알아볼 수 있습니다.",
        ),
    },
    "enclose_edge": {
        "en": (
            "At {point} some part of the function has a kink, a jump or the end of its domain. "
            "All signs are that there is a derivative there, {value}, but this cannot be proved by enclosures.",
            "f.limit(...) shows what happens there.",
        ),
        "ko": (
            "{point}에서 함수의 일부가 꺾이거나 끊어지거나 정의역의 끝에 닿습니다. "
            "미분계수는 {value:으로} 보이지만 구간 연산으로는 증명할 수 없습니다.",
            "f.limit(...)을 쓰면 그 점에서 어떻게 되는지 볼 수 있습니다.",
        ),
    },
    "enclose_disagree": {
        "en": (
            "Two proofs contradict each other for {function}: by the rules {rules}, by power series {series}. "
            "This is a mistake in mibun.",
            "Please report it, with the function and the point.",
        ),
        "ko": (
            "{function}에서 두 증명이 서로 어긋납니다. 미분법 공식: {rules}, 거듭제곱급수: {series}. "
            "mibun의 오류입니다.",
            "함수와 점을 적어 알려 주세요.",
        ),
    },
    # Numerical derivatives of black boxes (limit/numeric.py)
    "numeric_function": {
        "en": ("This is not a function that can be called: {kind}.", "Give a function of a number, such as math.sin."),
        "ko": ("호출할 수 있는 함수가 아닙니다: {kind}.", "math.sin처럼 수를 받는 함수를 써 주세요."),
    },
    "numeric_order": {
        "en": ("The numerical derivative of order {order} is not available.", "Use an order from 1 to {most}."),
        "ko": (
            "미분하는 횟수를 {order:으로} 하여 수치미분을 할 수는 없습니다.",
            "1부터 {most}까지의 정수를 써 주세요.",
        ),
    },
    "numeric_side": {
        "en": ("There is no such side: {side}", "Choose both, left or right."),
        "ko": ("쓸 수 없는 방향입니다: {side}", "both, left, right 가운데 골라 주세요."),
    },
    "numeric_domain": {
        "en": ("This is not a domain: {domain}", "Give its two ends, the smaller first, as in (0, math.inf)."),
        "ko": ("정의역이 아닙니다: {domain}", "(0, math.inf)처럼 양 끝 값을 작은 것부터 써 주세요."),
    },
    "numeric_at": {
        "en": ("The point is not a real number or an array of them: {kind}.", "Use floats, ints or an array of them."),
        "ko": ("점의 좌표가 실수나 실수의 배열이 아닙니다: {kind}.", "float, int 또는 이들로 된 배열을 써 주세요."),
    },
    "numeric_complex": {
        "en": ("The function has complex values, such as {value}.", "Differentiate its real and imaginary part apart."),
        "ko": ("함숫값이 {value} 같은 복소수입니다.", "실수부분과 허수부분을 따로 미분해 주세요."),
    },
    "numeric_value": {
        "en": ("The function did not return a number, but {kind}.", "Let it return floats or an array of them."),
        "ko": ("함수가 수가 아니라 {kind:을} 돌려주었습니다.", "float이나 float의 배열을 돌려주게 해 주세요."),
    },
    "numeric_shape": {
        "en": (
            "For one number the function returned an array of shape {shape}.",
            "For a function with several values, ask for the Jacobian: jacobian=True.",
        ),
        "ko": (
            "수 하나를 받은 함수가 모양이 {shape}인 배열을 돌려주었습니다.",
            "값이 여러 개인 함수라면 jacobian=True로 야코비 행렬을 구해 주세요.",
        ),
    },
    "numeric_vector": {
        "en": (
            "The function makes one number of a whole array, so the points cannot each be a point of its own.",
            "For the gradient of a function of a vector, ask for jacobian=True.",
        ),
        "ko": (
            "배열 전체에서 수 하나를 구하는 함수이므로, 배열의 성분을 점 하나하나로 볼 수 없습니다.",
            "벡터를 받는 함수의 기울기 벡터는 jacobian=True로 구해 주세요.",
        ),
    },
    "numeric_ragged": {
        "en": ("The function's value is not an array: its rows differ in length.", "Give all rows the same length."),
        "ko": ("함숫값이 배열이 아닙니다. 행마다 길이가 다릅니다.", "모든 행에 같은 개수의 수를 써 주세요."),
    },
    "numeric_changing": {
        "en": (
            "The function's value changes its shape from {one} to {other} beside the point.",
            "Let it return arrays of one shape.",
        ),
        "ko": (
            "점의 가까이에서 함숫값의 모양이 {one}에서 {other:으로} 달라집니다.",
            "늘 모양이 같은 배열을 돌려주게 해 주세요.",
        ),
    },
    # The check
    "region": {
        "en": ("This is not a domain: {given}", 'Give a condition such as "x > 0", or intervals: {{"x": (0, 1)}}.'),
        "ko": (
            "정의역으로 쓸 수 없습니다: {given}",
            '"x > 0" 같은 조건이나 {{"x": (0, 1)}} 같은 구간을 써 주세요.',
        ),
    },
    "interval": {
        "en": (
            "This is not an interval for {name}: {given}",
            'Give two numbers, the smaller first, None for no end: {{"{name}": (0, None)}}.',
        ),
        "ko": (
            "{name}의 구간으로 쓸 수 없습니다: {given}",
            '두 수를 작은 것부터 써 주세요. 끝이 없으면 None입니다: {{"{name}": (0, None)}}',
        ),
    },
    "audit_at": {
        "en": ("This is no point of numbers: {given}", "Give a number or an array, or a tuple of them."),
        "ko": ("점으로 쓸 수 없는 값입니다: {given}", "수나 배열, 또는 그 튜플을 써 주세요."),
    },
    "audit_value": {
        "en": ("The function returned {given} and not real numbers.", "Return a number or an array of numbers."),
        "ko": ("함수가 실수가 아닌 {given:을} 돌려주었습니다.", "수나 수의 배열을 돌려주는 함수를 주세요."),
    },
    "audit_gradient": {
        "en": ("The gradient is not made of real numbers: {given}", "Give a number or an array of numbers."),
        "ko": ("기울기 벡터에 실수가 아닌 값이 있습니다: {given}", "수나 수의 배열을 주세요."),
    },
    "audit_shape": {
        "en": (
            "The gradient has shape {given}, where {wanted} is needed.",
            "Give one number for each partial derivative.",
        ),
        "ko": ("기울기 벡터의 모양이 {given}입니다. {wanted:이} 필요합니다.", "편미분계수마다 수를 하나씩 주세요."),
    },
    "audit_arguments": {
        "en": (
            "The gradient has to be a tuple with {wanted} parts, one for each argument; given: {given}.",
            "Return the derivatives by every argument, in order.",
        ),
        "ko": (
            "기울기 벡터는 인수마다 하나씩, {wanted}개로 된 튜플이어야 합니다. 받은 것: {given}",
            "각 인수에 대한 미분계수를 차례로 돌려주세요.",
        ),
    },
    # Tracing: what would lose the derivative
    "trace_math": {
        "en": (
            "{file}, line {line}: {callee} makes a plain number of its argument, and the derivative would be lost.",
            "Write {instead} instead, which takes numbers and arrays alike.",
        ),
        "ko": (
            "{file} {line}번째 줄: {callee} 함수는 인수를 보통의 수로 바꾸므로 미분할 수 없게 됩니다.",
            "대신 {instead}처럼 써 주세요. 수에도 배열에도 쓸 수 있습니다.",
        ),
    },
    "trace_float": {
        "en": (
            "{file}, line {line}: As a plain float this value would lose its derivative.",
            "Leave float(…) out and calculate with the value itself. "
            "A function that takes plain numbers only goes into mb.custom, together with its derivative.",
        ),
        "ko": (
            "{file} {line}번째 줄: 이 값을 보통의 float으로 바꾸면 미분할 수 없게 됩니다.",
            "float(…)을 빼고 값을 그대로 계산에 써 주세요. "
            "보통의 수만 받는 함수라면 도함수와 함께 mb.custom에 넣어 주세요.",
        ),
    },
    "trace_int": {
        "en": (
            "{file}, line {line}: As a plain int this value would lose its derivative.",
            "To round, use np.floor, np.trunc or np.round. "
            "Calculate indices and counts from values that are not differentiated.",
        ),
        "ko": (
            "{file} {line}번째 줄: 이 값을 보통의 int로 바꾸면 미분할 수 없게 됩니다.",
            "어림하려면 np.floor, np.trunc, np.round 가운데 하나를 쓰고, "
            "인덱스나 횟수는 미분하지 않는 값으로 계산해 주세요.",
        ),
    },
    "trace_complex": {
        "en": (
            "{file}, line {line}: Complex numbers are not differentiated.",
            "Calculate with the real and the imaginary part as two real numbers.",
        ),
        "ko": (
            "{file} {line}번째 줄: 복소수는 미분하지 않습니다.",
            "실수부분과 허수부분을 두 실수로 따로 계산해 주세요.",
        ),
    },
    "trace_index": {
        "en": (
            "{file}, line {line}: A value that is differentiated cannot be an index: an index is a whole number.",
            "To choose by a condition, use np.where; to read a table between its entries, np.interp. "
            "An argument that only counts should not be in argnums.",
        ),
        "ko": (
            "{file} {line}번째 줄: 미분하는 값은 인덱스로 쓸 수 없습니다. 인덱스는 정수여야 합니다.",
            "조건에 따라 값을 고르려면 np.where를, 표의 값 사이를 이으려면 np.interp를 써 주세요. "
            "개수나 번호인 인수는 argnums에서 빼 주세요.",
        ),
    },
    "trace_store": {
        "en": (
            "{file}, line {line}: "
            "A value that is differentiated cannot be put into an ordinary array, which holds plain numbers.",
            "Make the array with out = np.zeros_like(x), or np.zeros_like(x, shape=…), where x is differentiated; "
            "or collect the values in a list and join them with np.stack.",
        ),
        "ko": (
            "{file} {line}번째 줄: 보통의 배열에는 보통의 수만 담을 수 있어 미분하는 값을 넣을 수 없습니다.",
            "미분하는 값 x로 out = np.zeros_like(x)나 np.zeros_like(x, shape=…)처럼 배열을 만들거나, "
            "값을 리스트에 모아 np.stack으로 합쳐 주세요.",
        ),
    },
    "trace_array": {
        "en": (
            "{file}, line {line}: An ordinary array holds plain numbers, and the derivative would be lost.",
            "Write np.stack([…]) to make an array of values, np.concatenate to join arrays. "
            "Around a single array np.array and np.asarray are not needed.",
        ),
        "ko": (
            "{file} {line}번째 줄: 보통의 배열에는 보통의 수만 담을 수 있어 미분할 수 없게 됩니다.",
            "값으로 배열을 만들려면 np.stack([…]), 배열을 이으려면 np.concatenate를 써 주세요. "
            "배열 하나를 감싼 np.array나 np.asarray는 빼도 됩니다.",
        ),
    },
    "trace_item": {
        "en": (
            "{file}, line {line}: {callee}() makes plain numbers, and the derivative would be lost.",
            "Calculate with the value itself; one entry is x[i], all in one row x.ravel().",
        ),
        "ko": (
            "{file} {line}번째 줄: {callee}() 메서드는 값을 보통의 수로 바꾸므로 미분할 수 없게 됩니다.",
            "값을 그대로 계산에 써 주세요. 성분 하나는 x[i], 한 줄로 편 배열은 x.ravel()로 얻습니다.",
        ),
    },
    "trace_hash": {
        "en": (
            "{file}, line {line}: "
            "A value that is differentiated cannot be the key of a dict, in a set, or given to a cached function.",
            "Choose by a condition with np.where, or use the position in a list as the key.",
        ),
        "ko": (
            "{file} {line}번째 줄: "
            "미분하는 값은 dict의 키나 set의 원소, 결과를 저장해 두는 함수(lru_cache)의 인수로 쓸 수 없습니다.",
            "조건에 따라 고르려면 np.where를 쓰고, 키로는 리스트에서의 번호를 써 주세요.",
        ),
    },
    "trace_format": {
        "en": (
            "{file}, line {line}: Here only the shape of the value is known, and {spec} needs a number.",
            "Return the value, and format it outside of the function.",
        ),
        "ko": (
            "{file} {line}번째 줄: 여기서는 값의 모양만 알 수 있어 {spec} 서식으로 쓸 수 없습니다.",
            "값을 돌려주고 함수 밖에서 서식을 적용해 주세요.",
        ),
    },
    "trace_pickle": {
        "en": (
            "{file}, line {line}: A value that is being differentiated cannot be saved or sent to another process.",
            "Return it from the function first.",
        ),
        "ko": (
            "{file} {line}번째 줄: 미분하는 동안에는 값을 저장하거나 다른 프로세스로 보낼 수 없습니다.",
            "먼저 함수의 결과로 돌려준 다음 저장해 주세요.",
        ),
    },
    # Tracing: what is not covered
    "trace_function": {
        "en": (
            "{file}, line {line}: {name} cannot be differentiated here.",
            "Write it with other NumPy functions, or give it to mb.custom together with its derivative.",
        ),
        "ko": (
            "{file} {line}번째 줄: {name} 함수는 여기서 미분할 수 없습니다.",
            "다른 NumPy 함수로 바꾸어 쓰거나, 도함수와 함께 mb.custom에 넣어 주세요.",
        ),
    },
    "trace_scipy": {
        "en": (
            "{file}, line {line}: mibun cannot look into {name}, a function of SciPy.",
            "Give it to mb.custom together with its derivative. For the solution of an equation there is mb.implicit.",
        ),
        "ko": (
            "{file} {line}번째 줄: SciPy의 {name} 함수는 안을 들여다볼 수 없어 미분할 수 없습니다.",
            "도함수와 함께 mb.custom에 넣어 주세요. 방정식의 해라면 mb.implicit을 써 주세요.",
        ),
    },
    "trace_option": {
        "en": (
            "{file}, line {line}: {name} cannot be differentiated with {option}.",
            "Leave it out, or write the calculation with other NumPy functions.",
        ),
        "ko": (
            "{file} {line}번째 줄: {name} 함수에 {option} 옵션을 쓰면 미분할 수 없습니다.",
            "옵션을 빼거나 다른 NumPy 함수로 바꾸어 써 주세요.",
        ),
    },
    "trace_attribute": {
        "en": (
            "{file}, line {line}: A value that is differentiated has no .{name}.",
            "Use the NumPy functions, np.sum(x), or the attributes shape, ndim, size, dtype and T.",
        ),
        "ko": (
            "{file} {line}번째 줄: 미분하는 값에는 .{name} 속성이 없습니다.",
            "np.sum(x) 같은 NumPy 함수나 shape, ndim, size, dtype, T 속성을 써 주세요.",
        ),
    },
    "trace_operand": {
        "en": (
            "{file}, line {line}: A value that is differentiated cannot be calculated with one of type {kind}.",
            'Calculate with numbers and arrays. For a text write f"{{x}}".',
        ),
        "ko": (
            "{file} {line}번째 줄: 미분하는 값을 {kind} 형의 값과 함께 계산할 수 없습니다.",
            '수와 배열로 계산해 주세요. 텍스트를 만들려면 f"{{x}}"처럼 써 주세요.',
        ),
    },
    "trace_bits": {
        "en": (
            "{file}, line {line}: Bits of numbers are not differentiated.",
            "~ and np.logical_not are for conditions, such as ~(x > 0).",
        ),
        "ko": (
            "{file} {line}번째 줄: 수의 비트 연산은 미분하지 않습니다.",
            "~와 np.logical_not은 ~(x > 0)처럼 조건에만 써 주세요.",
        ),
    },
    "trace_kind": {
        "en": (
            "{file}, line {line}: Values of type {kind} cannot be calculated with here.",
            "Use float64 or float32. A complex number can be written as two real ones, its real and imaginary part.",
        ),
        "ko": (
            "{file} {line}번째 줄: {kind} 형의 값은 여기서 계산에 쓸 수 없습니다.",
            "float64나 float32를 써 주세요. 복소수는 실수부분과 허수부분을 두 실수로 쓰면 됩니다.",
        ),
    },
    # Tracing: arrays that share memory
    "trace_alias": {
        "en": (
            "{file}, line {line}: This array is a view: in NumPy, writing to it would change another array as well.",
            "Write to the array itself, as in a[1:3] = …, or take a copy first: b = a[1:3].copy().",
        ),
        "ko": (
            "{file} {line}번째 줄: 이 배열은 다른 배열의 일부(뷰)라서, 여기에 쓰면 NumPy에서는 그 배열도 바뀝니다.",
            "a[1:3] = …처럼 원래 배열에 직접 쓰거나, 먼저 b = a[1:3].copy()처럼 복사해 주세요.",
        ),
    },
    "trace_leaked": {
        "en": (
            "{file}, line {line}: This value belongs to a call of the function that is over.",
            "Return what you want to keep instead of storing it outside of the function; has_aux=True takes it along.",
        ),
        "ko": (
            "{file} {line}번째 줄: 이 값은 이미 끝난 함수 호출에 속한 값입니다.",
            "함수 밖에 저장해 두지 말고 함숫값으로 돌려주세요. has_aux=True를 쓰면 함께 돌려받을 수 있습니다.",
        ),
    },
    # Tracing: shapes and decisions
    "trace_fit": {
        "en": (
            "{file}, line {line}: A value of shape {given} does not fit into a place of shape {wanted}.",
            "From the last axis on, its sizes must be equal to those of the place or 1.",
        ),
        "ko": (
            "{file} {line}번째 줄: 모양이 {wanted}인 자리에 모양이 {given}인 값을 넣을 수 없습니다.",
            "마지막 축부터 견주어 값의 크기가 자리의 크기와 같거나 1이 되게 해 주세요.",
        ),
    },
    "trace_axis": {
        "en": (
            "{file}, line {line}: An array with {ndim} axes has no axis {axis}.",
            "Axes count from 0, or from -1 back.",
        ),
        "ko": (
            "{file} {line}번째 줄: 축이 {ndim}개인 배열에는 축 {axis:이} 없습니다.",
            "축의 번호는 앞에서부터 0, 1, …이고 뒤에서부터는 -1, -2, …입니다.",
        ),
    },
    "trace_truth": {
        "en": (
            "{file}, line {line}: "
            "The truth value of an array with more than one element is ambiguous; its shape is {shape}.",
            "Use np.all or np.any for one answer, np.where for one for each element.",
        ),
        "ko": (
            "{file} {line}번째 줄: 모양이 {shape}인 배열은 성분이 하나가 아니어서 참인지 거짓인지 정할 수 없습니다.",
            "답 하나를 얻으려면 np.all이나 np.any를, 성분마다 고르려면 np.where를 써 주세요.",
        ),
    },
    "trace_branch_in_loop": {
        "en": (
            "{file}, line {line}: The body of mb.scan or mb.while_loop is run once for all its turns, "
            "and the rule of mb.custom once for all its calls, so it cannot branch on a value.",
            "Calculate both branches and choose with np.where(condition, a, b).",
        ),
        "ko": (
            "{file} {line}번째 줄: mb.scan이나 mb.while_loop에 넣은 함수는 모든 반복에 대하여, "
            "mb.custom의 규칙은 모든 호출에 대하여 한 번만 실행되므로, 그 안에서 값에 따라 갈라질 수 없습니다.",
            "두 경우를 모두 계산하고 np.where(조건, a, b)로 골라 주세요.",
        ),
    },
    # Transforms: arguments and results
    "not_scalar": {
        "en": (
            "mb.{title} needs a function with one number as its value; this one returned an array of shape {shape}.",
            "For all derivatives of an array use mb.jacobian; for a loss take np.sum or np.mean of it.",
        ),
        "ko": (
            "mb.{title}에 넣는 함수의 값은 수 하나여야 하는데, 모양이 {shape}인 배열을 돌려주었습니다.",
            "배열의 모든 미분계수를 구하려면 mb.jacobian을 쓰고, 손실 함수라면 np.sum이나 np.mean을 취해 주세요.",
        ),
    },
    "not_single": {
        "en": (
            "mb.{title} needs a function with one number as its value; this one returned a collection of type {kind}.",
            "Return the number by itself. With has_aux=True, mb.grad takes a number and anything else; "
            "for the derivatives of several values there is mb.jacobian.",
        ),
        "ko": (
            "mb.{title}에 넣는 함수의 값은 수 하나여야 하는데, {kind} 형의 묶음을 돌려주었습니다.",
            "수만 돌려주게 해 주세요. mb.grad에서 다른 값도 함께 받으려면 has_aux=True를 쓰고, "
            "여러 값의 미분계수를 구하려면 mb.jacobian을 써 주세요.",
        ),
    },
    "no_number": {
        "en": (
            "mb.{title} needs a function with a number as its value; this one returned an object of type {kind}.",
            "Return the number that is to be differentiated; perhaps return is missing.",
        ),
        "ko": (
            "mb.{title}에 넣는 함수의 값은 수여야 하는데, {kind} 형의 값을 돌려주었습니다.",
            "미분할 수를 돌려주게 해 주세요. return이 빠지지 않았는지 확인해 주세요.",
        ),
    },
    "argument_kind": {
        "en": (
            "mb.{title} cannot differentiate by an argument of type {kind}.",
            "Give real numbers: float, int or arrays of them. A complex number becomes two real ones; "
            "leave text and other objects out with argnums.",
        ),
        "ko": (
            "mb.{title}: {kind} 형의 인수로는 미분할 수 없습니다.",
            "float, int 또는 이들로 된 배열을 써 주세요. 복소수는 두 실수로 나누고, "
            "텍스트나 다른 객체는 argnums에서 빼 주세요.",
        ),
    },
    # Beyond what was asked: the other keys that tracing and the transforms raise
    "not_callable": {
        "en": ("This is not a function: {kind}.", "Give the function itself, without calling it: mb.grad(f)(x)."),
        "ko": ("함수가 아닙니다: {kind}.", "mb.grad(f)(x)처럼 함수를 호출하지 말고 그대로 써 주세요."),
    },
    "argnums": {
        "en": ("This does not name arguments: {given}", "Give the number of one argument, from 0, or a tuple of them."),
        "ko": ("인수의 번호가 아닙니다: {given}", "0부터 센 인수의 번호 하나나 번호의 튜플을 써 주세요."),
    },
    "argnums_range": {
        "en": (
            "mb.{title} is to differentiate by argument {given}; arguments given: {count}.",
            "Arguments count from 0; those given by name are not counted.",
        ),
        "ko": (
            "mb.{title}에서 미분할 인수의 번호는 {given}인데, 인수는 {count}개만 주어졌습니다.",
            "인수의 번호는 0부터 세어 주세요. 이름으로 준 인수는 세지 않습니다.",
        ),
    },
    "aux": {
        "en": (
            "With has_aux, the function given to mb.{title} has to return two things: the value and the rest.",
            "Write return value, rest; or leave has_aux out.",
        ),
        "ko": (
            "has_aux를 쓰면 mb.{title}에 넣는 함수는 값과 나머지, 두 가지를 돌려주어야 합니다.",
            "return 값, 나머지처럼 쓰거나 has_aux를 빼 주세요.",
        ),
    },
    "primals": {
        "en": (
            "mb.{title} takes two tuples of equal length: the arguments, and a vector for each.",
            "For one argument write mb.{title}(f, (x,), (v,)).",
        ),
        "ko": (
            "mb.{title}에는 길이가 같은 튜플 두 개가 필요합니다: 인수들과, 인수마다 하나씩의 벡터.",
            "인수가 하나이면 mb.{title}(f, (x,), (v,))처럼 써 주세요.",
        ),
    },
    "tangent_tree": {
        "en": (
            "The vector given to mb.{title} is not nested like what it belongs to.",
            "Give it as the same tuples, lists and dicts, with a number or an array in each place.",
        ),
        "ko": (
            "mb.{title}에 준 벡터의 짜임이 대응하는 인수나 값과 다릅니다.",
            "같은 튜플, 리스트, dict로 쓰고 자리마다 수나 배열을 넣어 주세요.",
        ),
    },
    "tangent_shape": {
        "en": (
            "A vector of shape {given} was given to mb.{title} where {wanted} is needed.",
            "Give it the shape of what it belongs to, as in np.ones_like(x).",
        ),
        "ko": (
            "mb.{title}에 준 벡터의 모양이 {given}입니다. {wanted:이} 필요합니다.",
            "np.ones_like(x)처럼 대응하는 인수나 값과 같은 모양으로 써 주세요.",
        ),
    },
    "vmap_axes": {
        "en": (
            "in_axes has {given} entries, and {wanted} are needed.",
            "Give one for each argument, None for one that is the same every time.",
        ),
        "ko": (
            "in_axes가 {given}개인데 {wanted}개가 필요합니다.",
            "인수마다 하나씩, 매번 같은 인수이면 None을 써 주세요.",
        ),
    },
    "vmap_tree": {
        "en": (
            "{name} is not nested like what it belongs to, or holds something that is no axis.",
            "Give one axis for all, or the same tuples, lists and dicts with an axis or None in each place.",
        ),
        "ko": (
            "{name}의 짜임이 대응하는 값과 다르거나, 축의 번호가 아닌 것이 들어 있습니다.",
            "모두에 쓸 축 하나를 쓰거나, 같은 튜플, 리스트, dict로 쓰고 자리마다 축의 번호나 None을 넣어 주세요.",
        ),
    },
    "vmap_out": {
        "en": (
            "out_axes=None is for a result that is the same for all, and this one is not.",
            "Give the axis along which the results are to be put together.",
        ),
        "ko": (
            "out_axes=None은 모두에게 같은 결과에만 쓸 수 있는데, 이 결과는 저마다 다릅니다.",
            "결과를 이어 붙일 축의 번호를 써 주세요.",
        ),
    },
    "vmap_axis": {
        "en": ("An array of shape {shape} has no axis {axis} to map over.", "Choose another with in_axes, or None."),
        "ko": ("모양이 {shape}인 배열에는 축 {axis:이} 없습니다.", "in_axes로 다른 축을 고르거나 None을 써 주세요."),
    },
    "vmap_sizes": {
        "en": (
            "The axes to map over differ in size, or there are none: {sizes}.",
            "Give arrays of equal size along these axes, at least one.",
        ),
        "ko": (
            "mb.vmap이 따라갈 축의 크기가 서로 다르거나 그런 축이 없습니다: {sizes}.",
            "그 축의 크기가 같은 배열을 하나 이상 써 주세요.",
        ),
    },
    "custom_rule": {
        "en": (
            "The rule of mb.custom({name}) returned {given} where the tangent of the value, {wanted}, is needed.",
            "rule(primals, tangents) returns the tangent, shaped like the value, or (value, tangent).",
        ),
        "ko": (
            "mb.custom({name})의 규칙이 {given:을} 돌려주었습니다. 함숫값의 접벡터 {wanted:이} 필요합니다.",
            "rule(primals, tangents)는 함숫값과 모양이 같은 접벡터나 (값, 접벡터)를 돌려주어야 합니다.",
        ),
    },
    "loop_escape": {
        "en": (
            "A value from inside a function given to mb.scan, mb.while_loop or mb.vmap got out without being returned.",
            "Return it, as part of the carry or of the results; write only to arrays made inside the function.",
        ),
        "ko": (
            "mb.scan, mb.while_loop, mb.vmap에 넘긴 함수 안의 값이 함숫값으로 돌려주지 않은 채 밖에서 쓰였습니다.",
            "값을 함숫값에 넣어 돌려주고, 함수 안에서 만든 배열에만 써 주세요.",
        ),
    },
    "custom_closure": {
        "en": (
            "The rule of mb.custom({name}) reads a value of the differentiation around it.",
            "Give it to the function as an argument: what is differentiated comes to a rule through primals only.",
        ),
        "ko": (
            "mb.custom({name})의 규칙이 바깥에서 미분하고 있는 값을 읽습니다.",
            "그 값을 함수의 인수로 넘겨주세요. 미분하는 값은 primals로만 규칙에 전해집니다.",
        ),
    },
    "custom_linear": {
        "en": (
            "The rule of mb.custom({name}) is not linear in the tangents.",
            "The tangent of the value is a sum of the tangents, each times a slope: np.cos(x) * dx.",
        ),
        "ko": (
            "mb.custom({name})의 규칙이 접벡터에 대하여 선형이 아닙니다.",
            "함숫값의 접벡터는 np.cos(x) * dx처럼 인수의 접벡터마다 미분계수를 곱하여 더한 것이어야 합니다.",
        ),
    },
    "checkpoint": {
        "en": ("A checkpoint every {given} turns is not possible.", "Give a whole number from 1 on."),
        "ko": ("checkpoint로 쓸 수 없는 값입니다: {given}", "1 이상의 정수를 써 주세요."),
    },
    "dense": {
        "en": (
            "A dense matrix of {rows} × {columns} entries is beyond the limit, {limit}.",
            "Ask for sparse=True, or for products with vectors: mb.jvp, mb.vjp, mb.hvp.",
        ),
        "ko": (
            "크기가 {rows} × {columns}인 행렬은 한도({limit})를 넘어 통째로 만들 수 없습니다.",
            "sparse=True를 쓰거나 벡터와의 곱을 구하는 mb.jvp, mb.vjp, mb.hvp를 써 주세요.",
        ),
    },
    "loop_condition": {
        "en": ("The condition of mb.while_loop is no single truth value.", "Return one comparison, such as x > 0."),
        "ko": ("mb.while_loop의 조건이 참 또는 거짓 하나가 아닙니다.", "x > 0처럼 비교 하나를 돌려주세요."),
    },
    "loop_shape": {
        "en": (
            "In mb.{title} a carried value of shape {before} came out of a turn with shape {after}.",
            "What goes round must keep its shape: begin with an array of the final shape.",
        ),
        "ko": (
            "mb.{title}에서 모양이 {before}이던 값이 한 번 돌고 나서 {after:이} 되었습니다.",
            "다음 번으로 넘기는 값은 모양이 변하지 않아야 합니다. 처음부터 마지막과 같은 모양의 배열로 시작해 주세요.",
        ),
    },
    "loop_tree": {
        "en": (
            "In mb.{title} the carried value came out of a turn nested differently.",
            "Return it as the same tuples, lists and dicts as it came in.",
        ),
        "ko": (
            "mb.{title}에서 다음 번으로 넘기는 값의 짜임이 들어온 값과 다릅니다.",
            "들어온 값과 같은 튜플, 리스트, dict로 돌려주세요.",
        ),
    },
    "mode": {
        "en": ("There is no mode {given}.", "Choose one of these: {modes}."),
        "ko": ("{given:이라는} 방식은 없습니다.", "{modes} 가운데 하나를 써 주세요."),
    },
    "scan_length": {
        "en": (
            "mb.scan needs one length, and there are these: {lengths}.",
            "Give arrays of equal length along their first axis, or length=… without arrays.",
        ),
        "ko": (
            "mb.scan의 길이가 하나로 정해지지 않습니다: {lengths}.",
            "첫째 축의 길이가 같은 배열들을 쓰고, 배열이 없으면 length=…를 써 주세요.",
        ),
    },
    "scan_result": {
        "en": (
            "The function given to mb.scan has to return two things: the carry and a result.",
            "Return carry, None if there is no result.",
        ),
        "ko": (
            "mb.scan에 넣는 함수는 다음 번으로 넘길 값과 결과, 두 가지를 돌려주어야 합니다.",
            "결과가 없으면 return carry, None이라고 써 주세요.",
        ),
    },
    "square": {
        "en": ("A square matrix is needed here, and the shape is {shape}.", "The last two sizes must be equal."),
        "ko": (
            "여기에는 정사각행렬이 필요합니다. 배열의 모양은 {shape}입니다.",
            "마지막 두 축의 크기가 같아야 합니다.",
        ),
    },
    "vmap_shapes": {
        "en": (
            "Within mb.vmap the results have different shapes: {shapes}.",
            "Every way through the function must return the same shape.",
        ),
        "ko": (
            "mb.vmap 안에서 결과의 모양이 서로 다릅니다: {shapes}.",
            "함수가 어느 갈래로 가든 같은 모양을 돌려주어야 합니다.",
        ),
    },
    "sparse_entries": {
        "en": (
            "More than {limit} entries of this matrix can differ from 0.",
            "Ask for products with vectors: mb.jvp, mb.vjp, mb.hvp.",
        ),
        "ko": (
            "이 행렬에는 0이 아닐 수 있는 성분이 {limit}개보다 많습니다.",
            "벡터와의 곱을 구하는 mb.jvp, mb.vjp, mb.hvp를 써 주세요.",
        ),
    },
    "no_scipy": {
        "en": ("Sparse derivatives need SciPy, which is not installed.", 'Install it: pip install "mibun[scipy]"'),
        "ko": ("희소 행렬을 쓰려면 SciPy가 필요한데 설치되어 있지 않습니다.", '설치: pip install "mibun[scipy]"'),
    },
    "sparse_traced": {
        "en": (
            "A sparse matrix cannot be differentiated or mapped further.",
            "Inside of another transform, leave out sparse=True.",
        ),
        "ko": (
            "희소 행렬은 다시 미분하거나 vmap에 쓸 수 없습니다.",
            "다른 변환 안에서는 sparse=True를 빼 주세요.",
        ),
    },
}
