"""The scorers of code, equation, flowchart, differences and pattern, on replies as models write."""

import pytest

from scribebench.grading.rubric import reply as replies
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.grade import Weight, grade_reply, item_score, weights_of
from scribebench.rubric.dice import Dice
from scribebench.rubric.families import differences, equation, flowchart, grid
from scribebench.rubric.sources import programs, questions
from scribebench.rubric.truths import (
    CodeTruth,
    Decision,
    Difference,
    DifferencesTruth,
    EquationTruth,
    FlowchartTruth,
    GridTruth,
    PanelObject,
)

SOLVE_X = EquationTruth("x", 2, 5, 13)
SOLVE_Y = EquationTruth("y", 3, -4, 11)
SOLVE_N = EquationTruth("n", 7, 12, 61)
RUN_JOB = FlowchartTruth(
    "Start",
    (Decision("input", ">", "10", "Stop"), Decision("flag", "=", "true", "Stop")),
    "Run job",
)
SEND_MAIL = FlowchartTruth(
    "Begin",
    (
        Decision("level", "<=", "40", "Wait"),
        Decision("mode", "=", "manual", "Show error"),
        Decision("speed", ">", "5", "Write log"),
    ),
    "Send mail",
)
OPEN_GATE = FlowchartTruth(
    "Input",
    (Decision("power", "=", "off", "Stop"), Decision("age", ">=", "18", "Stop")),
    "Open gate",
)
PANELS = DifferencesTruth(
    (
        PanelObject("red", "circle", "top left"),
        PanelObject("blue", "square", "top right"),
        PanelObject("orange", "triangle", "bottom left", "up"),
    ),
    (
        PanelObject("green", "square", "top right"),
        PanelObject("orange", "triangle", "bottom left", "down"),
    ),
    (
        Difference("red", "circle", "missing", None, None),
        Difference("blue", "square", "colour", "blue", "green"),
        Difference("orange", "triangle", "rotation", "up", "down"),
    ),
)
OTHER_PANELS = DifferencesTruth(
    (
        PanelObject("purple", "star", "top left"),
        PanelObject("yellow", "triangle", "middle", "down"),
        PanelObject("red", "hexagon", "bottom left"),
        PanelObject("green", "heart", "top right"),
    ),
    (
        PanelObject("purple", "star", "top left"),
        PanelObject("yellow", "triangle", "middle", "up"),
        PanelObject("black", "hexagon", "bottom left"),
        PanelObject("pink", "heart", "top right"),
    ),
    (
        Difference("yellow", "triangle", "rotation", "down", "up"),
        Difference("red", "hexagon", "colour", "red", "black"),
        Difference("green", "heart", "colour", "green", "pink"),
    ),
)
GRID = GridTruth(
    (
        ("circle", "square", "triangle"),
        ("square", "triangle", "circle"),
        ("triangle", "circle", "square"),
    ),
    (2, 2),
)
OTHER_GRID = GridTruth(
    (("star", "heart", "cross"), ("cross", "star", "heart"), ("heart", "cross", "star")), (0, 1)
)

# Truth, reply, and what its criteria are worth, in the order of the questions file.
EQUATIONS = [
    (
        SOLVE_X,
        "To solve the equation 2x + 5 = 13, follow these steps:\n\n1. **Subtract 5 from "
        "both sides**:\n   \\[\n   2x + 5 - 5 = 13 - 5\n   \\]\n   \\[\n   2x = 8\n   "
        "\\]\n\n2. **Divide both sides by 2**:\n   \\[\n   \\frac{2x}{2} = \\frac{8}{2}\n  "
        " \\]\n   \\[\n   x = 4\n   \\]\n\nThe solution is **x = 4**.",
        (1, 1, 1),
    ),
    (
        SOLVE_X,
        "$$\\begin{aligned} 2x + 5 &= 13 \\\\ 2x &= 13 - 5 \\\\ 2x &= 8 \\\\ x &= 4 "
        "\\end{aligned}$$\n\n\\(\\boxed{x = 4}\\)",
        (1, 1, 1),
    ),
    (SOLVE_X, "The solution is x = 4.", (1, 0, 0.5)),
    (SOLVE_X, "The answer is **4**.", (1, 0, 0.5)),
    (SOLVE_X, "x=4.", (1, 0, 0.5)),
    (SOLVE_X, "x equals 4", (1, 0, 0.5)),
    (SOLVE_X, "Four", (1, 0, 0.5)),
    (SOLVE_X, "The value of x is 4.", (1, 0, 0.5)),
    (SOLVE_X, '{"x": 4}', (1, 0, 0.5)),
    (SOLVE_X, '{"equation": "2x + 5 = 13", "solution": {"x": 4}}', (1, 0, 1)),
    (
        SOLVE_X,
        'The equation in the image is "2x + 5 = 13". Subtracting 5 from both sides gives '
        "2x = 8, and dividing both sides by 2 gives x = 4.",
        (1, 1, 1),
    ),
    (SOLVE_X, "Given: 2x + 5 = 13\n→ 2x = 13 − 5\n→ 2x = 8\n→ x = 8 ÷ 2\n∴ x = 4", (1, 1, 1)),
    (SOLVE_X, "2x + 5 = 13\nx = (13-5)/2\nx = 4", (1, 1, 1)),
    (SOLVE_X, "We move 5 to the right side: 2x = 13 - 5 = 8. Then x = 8/2 = 4.", (1, 1, 0.5)),
    (SOLVE_X, "2x + 5 = 13 => 2x = 8 => x = 4", (1, 1, 1)),
    (SOLVE_X, "Wir haben 2x + 5 = 13 | -5\n2x = 8 | :2\nx = 4", (1, 1, 1)),
    (SOLVE_X, "Решим уравнение 2x + 5 = 13.\n2x = 13 - 5\n2x = 8\nx = 4\nОтвет: 4", (1, 1, 1)),
    (SOLVE_X, "解：2x + 5 = 13\n移项得 2x = 8\n所以 x = 4", (1, 1, 1)),
    (
        SOLVE_X,
        "方程式 2x + 5 = 13 を解きます。両辺から5を引くと 2x = 8、両辺を2で割ると x = 4 です。",
        (1, 1, 1),
    ),
    (
        SOLVE_X,
        "Ecuación: 2x + 5 = 13. Restamos 5 a ambos lados: 2x = 8. Dividimos entre 2: x = 4.",
        (1, 1, 1),
    ),
    (SOLVE_X, "La ecuación es 2x + 5 = 13. La solución es x = 4.", (1, 0, 1)),
    (
        SOLVE_X,
        "L'equazione è 2x + 5 = 13. Sottraiamo 5: 2x = 8. Dividiamo per 2: x = 4.",
        (1, 1, 1),
    ),
    (SOLVE_X, "2x + 5 = 13\n2x = 8\nx = 3", (0, 0.5, 1)),
    (SOLVE_X, "The equation is 2x + 3 = 13. Subtract 3: 2x = 10. Divide by 2: x = 5.", (0, 0.5, 0)),
    (SOLVE_X, "The equation shown is 2x - 5 = 13. Adding 5: 2x = 18. x = 9.", (0, 0.5, 0)),
    (SOLVE_X, "x is either 4 or 5.", (0.5, 0, 0.5)),
    (SOLVE_X, "x = 4 or x = 5, I am not sure", (0.5, 0, 0.5)),
    (SOLVE_X, "I think x is about 4.", (1, 0, 0.5)),
    (SOLVE_X, "x ≈ 4", (1, 0, 0.5)),
    (
        SOLVE_X,
        "2x + 5 = 13 → x = 9. Wait, let me check: 2(9) + 5 = 23, not 13. So 2x = 8 and x = 4.",
        (1, 1, 1),
    ),
    (SOLVE_X, "First, subtract 5, then divide by 2. The result is 4.", (1, 1, 0.5)),
    (SOLVE_X, "The equation shown in the image is 2x + 5 = 13.", (0, 0, 1)),
    (
        SOLVE_X,
        "| Step | Equation |\n|---|---|\n| Original | 2x + 5 = 13 |\n| Subtract 5 | 2x = 8 "
        "|\n| Divide by 2 | x = 4 |",
        (1, 1, 1),
    ),
    (SOLVE_X, "```\n2x + 5 = 13\n2x = 8\nx = 4\n```", (1, 1, 1)),
    (
        SOLVE_X,
        "The solution to the equation \\( 2x + 5 = 13 \\) is \\( x = 4 \\).\n\nHere's the "
        "check: \\( 2(4) + 5 = 8 + 5 = 13 \\).",
        (1, 0.5, 1),
    ),
    (SOLVE_X, "x = 8/2", (0.5, 0.5, 0.5)),
    (
        SOLVE_X,
        "Sure! Here's how to solve it.\n\n**Equation:** 2x + 5 = 13\n\n**Solution:** x = "
        "4\n\nLet me know if you need anything else!",
        (1, 0, 1),
    ),
    (SOLVE_X, "x=4\n\nExplanation: 2x + 5 = 13, so 2x = 13 - 5 = 8, so x = 8 / 2 = 4", (1, 1, 1)),
    (SOLVE_X, "2 x + 5 = 13 \n 2 x = 13 - 5 \n 2 x = 8 \n x = 8 : 2 \n x = 4", (1, 1, 1)),
    (SOLVE_X, "2x+5=13, 2x=8, x=4, solve for x", (1, 1, 1)),
    (SOLVE_X, "The answer is not 9, it is 4.", (1, 0, 0.5)),
    (SOLVE_X, "Let x = 4. Then 2(4) + 5 = 13. So the solution is 4.", (1, 0.5, 0.5)),
    (SOLVE_X, "x = -4", (0, 0, 0)),
    (
        SOLVE_X,
        "The image shows the handwritten text '2x + 5 = 13, solve for x'. To isolate x: "
        "first subtract 5 from each side (13 - 5 = 8), then halve: 8 / 2 = 4. x = 4",
        (1, 1, 1),
    ),
    (SOLVE_Y, "3y - 4 = 11\n3y = 15\ny = 5", (1, 1, 1)),
    (SOLVE_Y, "3y − 4 = 11. Add 4 to both sides: 3y = 15. Divide by 3: y = 5.", (1, 1, 1)),
    (SOLVE_Y, "Adding 4 and dividing by 3 gives y = 5", (1, 1, 0.5)),
    (SOLVE_Y, "The equation is 3y + 4 = 11, so 3y = 7, y = 7/3", (0, 0.5, 0)),
    (SOLVE_Y, "3x - 4 = 11 → 3x = 15 → x = 5", (1, 1, 0.5)),
    (SOLVE_N, "7n + 12 = 61\n7n = 49\nn = 7", (1, 1, 1)),
    (SOLVE_N, "n = 7", (1, 0, 0.5)),
    (SOLVE_N, "$7n+12=61 \\Rightarrow 7n=61-12=49 \\Rightarrow n=\\frac{49}{7}=7$", (1, 1, 1)),
    (SOLVE_N, "n = (61 - 12) / 7 = 49 / 7 = 7", (1, 1, 0.5)),
    (SOLVE_N, "7n+12=61 so n=8", (0, 0, 1)),
    (
        SOLVE_N,
        "7n + 12 = 61\n7n = 61 - 12\n7n = 49\nn = 49/7\nn = 7\n\nSo the answer is n = 7.",
        (1, 1, 1),
    ),
    (
        SOLVE_X,
        "The image contains an equation: 2x + 5 = 13. We need to solve for x.\n\nStep 1: "
        "Isolate the term with x: 2x = 13 - 5\n2x = 8\n\nStep 2: x = 8/2\n\nx = "
        "4\n\nTherefore, x is equal to 4.",
        (1, 1, 1),
    ),
    (
        SOLVE_X,
        "Solution:\n\\begin{align*}\n2x + 5 &= 13\\\\\n2x &= 8\\\\\nx &= \\boxed{4}\n\\end{align*}",
        (1, 1, 1),
    ),
    (SOLVE_X, "x = four", (1, 0, 0.5)),
    (SOLVE_X, "Answer: 4", (1, 0, 0.5)),
    (
        SOLVE_X,
        "To isolate x, first we subtract 5 from 13 to get 8. Then we divide 8 by 2 to get "
        "4. So x is 4.",
        (1, 1, 0.5),
    ),
    (SOLVE_X, "Lösung: x = 4", (1, 0, 0.5)),
    (SOLVE_X, "x = 4.0", (1, 0, 0.5)),
    (
        SOLVE_X,
        "Subtract 5: 2x = 8. Divide by 2: x = 4. Check: 2·4 + 5 = 8 + 5 = 13 ✓.",
        (1, 1, 0.5),
    ),
    (
        SOLVE_X,
        "The equation 2x + 5 = 13 can be solved by subtracting 5 from both sides and then "
        "dividing both sides by 2. This gives x = 4.",
        (1, 1, 1),
    ),
    (SOLVE_X, "x = 5 because 2*5 + 3 = 13", (0, 0.5, 0)),
    (SOLVE_X, "I solved it: x is 4, since 2 times 4 is 8 and 8 plus 5 is 13.", (1, 0.5, 0.5)),
    (SOLVE_X, "First I thought x = 9, but the correct answer is x = 4.", (1, 0, 0.5)),
    (SOLVE_X, "2x+5=13; x=4; ", (1, 0, 1)),
    (SOLVE_X, "The equation is 2x + 5 = 13. I am unable to solve it.", (0, 0, 1)),
    (
        SOLVE_X,
        "Let's solve step by step.\n\n**Step 1**: Start with the original equation.\n$$2x "
        "+ 5 = 13$$\n**Step 2**: Subtract 5.\n$$2x = 13 - 5$$\n$$2x = 8$$\n**Step 3**: "
        "Divide.\n$$x = \\dfrac{8}{2}$$\n$$\\boxed{x=4}$$",
        (1, 1, 1),
    ),
    (SOLVE_X, "The handwritten equation reads `2x + 5 = 13`. Its solution: **4**", (1, 0, 1)),
    (SOLVE_X, "x = 4, because (13 - 5) ÷ 2 = 4.", (1, 1, 0.5)),
    (SOLVE_X, "The solution is 4", (1, 0, 0.5)),
    (SOLVE_X, "Result: x = 4 ✅", (1, 0, 0.5)),
    (SOLVE_X, "2x + 5 = 13\n−5 on both sides → 2x = 8\n÷2 on both sides → x = 4", (1, 1, 1)),
    (
        SOLVE_X,
        "2x + 5 = 13\nSubtracting 5 from both sides: 2x = 7\nDividing by 2: x = 3.5",
        (0, 0.5, 1),
    ),
    (SOLVE_X, "Zwei x plus fünf gleich dreizehn, also x gleich vier.", (1, 0, 1)),
    (SOLVE_X, "x must be between 3 and 5.", (0, 0, 0)),
    (SOLVE_X, "Równanie: 2x + 5 = 13. Odejmujemy 5: 2x = 8. Dzielimy przez 2: x = 4.", (1, 1, 1)),
    (
        SOLVE_X,
        "A equação é 2x + 5 = 13. Subtraindo 5 de ambos os lados: 2x = 8. Dividindo por 2: x = 4.",
        (1, 1, 1),
    ),
    (SOLVE_X, "풀이: 2x + 5 = 13, 2x = 8, x = 4", (1, 1, 1)),
    (
        SOLVE_X,
        "The equation 2x+5=13 has solution x=4. To verify, plug in 4: 2*4+5=13.",
        (1, 0.5, 1),
    ),
    (
        SOLVE_X,
        '{"equation":"2x + 5 = 13","steps":["2x + 5 - 5 = 13 - 5","2x = '
        '8","2x/2 = 8/2","x = 4"],"solution":"x = 4"}',
        (1, 1, 1),
    ),
    (
        SOLVE_X,
        "To solve for x: 1) move the 5 over to the other side: 2x = 13 − 5. 2) Simplify: "
        "2x = 8. 3) Divide: x = 4",
        (1, 1, 0.5),
    ),
    (SOLVE_X, "x = 8. No wait, divide by 2: x = 4.", (1, 0.5, 0.5)),
    (
        SOLVE_X,
        "I can read 2x + 5 = 13 but I'm not sure about the answer; it might be 4.",
        (1, 0, 1),
    ),
    (
        SOLVE_X,
        "The equation is 2x + 5 = 13. Subtract 5 from 13 to get 8. Half of 8 is 4.",
        (1, 1, 1),
    ),
]
FLOWCHARTS = [
    (
        RUN_JOB,
        "If input > 10 and flag = true, the path is:\n\nStart → input > 10? (Yes) → flag = "
        "true? (Yes) → Run job",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        'Here\'s the trace:\n\n1. **Start**: The flowchart begins at the "Start" '
        "node.\n2. **input > 10?**: Since the input is greater than 10, the answer is "
        '"Yes", so we move to the next decision.\n3. **flag = true?**: Since the flag is '
        'true, the answer is "Yes".\n4. **Run job**: The process ends by running the job.',
        (1, 1, 1),
    ),
    (RUN_JOB, "Start -> input > 10? -> Yes -> flag = true? -> Yes -> Run job.", (1, 1, 1)),
    (RUN_JOB, "The path leads to Run job.", (0.5, 0, 0)),
    (RUN_JOB, 'Since input > 10 and flag = true, the flowchart reaches "Run job".', (0.5, 0.5, 0)),
    (RUN_JOB, "Both conditions are true, so the path ends at Run job.", (0.5, 0.5, 0)),
    (
        RUN_JOB,
        "1. Start\n2. Check if input > 10 → Yes\n3. Check if flag = true → Yes\n4. Run job\n5. End",
        (1, 1, 0.5),
    ),
    (RUN_JOB, "Start -> input > 10? -> No -> Stop", (0, 0, 0)),
    (RUN_JOB, "Start → input > 10? (Yes) → flag = true? (Yes) → Stop", (0, 1, 0)),
    (
        RUN_JOB,
        "If the input is greater than 10, follow the Yes arrow to the second decision, "
        "flag = true?. If it is true, follow the Yes arrow to Run job. Otherwise it goes "
        "to Stop.",
        (1, 1, 0.5),
    ),
    (
        RUN_JOB,
        'The flow begins at Start and moves to the first decision, "input > 10?". '
        "Because the condition is satisfied, it takes the Yes branch to the second "
        'decision, "flag = true?". This is also satisfied, so the flow continues along '
        'Yes to "Run job". (If either had been No, it would have gone to Stop.)',
        (1, 1, 1),
    ),
    (RUN_JOB, "Start ➔ input > 10? ➔ (Yes) ➔ flag = true? ➔ (Yes) ➔ Run job", (1, 1, 1)),
    (RUN_JOB, "Start\n↓\ninput > 10? → Yes\n↓\nflag = true? → Yes\n↓\nRun job", (1, 1, 1)),
    (
        RUN_JOB,
        '{"trace": [{"node": "Start"}, {"node": "input > 10?", "decision": '
        '"Yes"}, {"node": "flag = true?", "decision": "Yes"}, {"node": "Run '
        'job"}]}',
        (1, 1, 1),
    ),
    (RUN_JOB, "Start → (input > 10) Yes → (flag = true) Yes → Run job", (1, 1, 1)),
    (RUN_JOB, "Start → Is input > 10? Yes → Is flag true? Yes → Run job", (1, 1, 1)),
    (RUN_JOB, "Start → input > 10? True → flag = true? True → Run job", (1, 1, 1)),
    (RUN_JOB, "Start, input > 10? yes, flag = true? yes, Run job", (1, 1, 1)),
    (
        RUN_JOB,
        "Begin at Start. The input exceeds 10, so go Yes. The flag is true, so go Yes. You "
        "arrive at Run job.",
        (1, 1, 1),
    ),
    (RUN_JOB, "The job runs.", (0.5, 0, 0)),
    (
        RUN_JOB,
        "The program will run the job because input is greater than 10 and flag is true.",
        (0.5, 0.5, 0),
    ),
    (RUN_JOB, "Start → input > 10? (ja) → flag = true? (ja) → Run job", (1, 1, 1)),
    (RUN_JOB, "Start → input > 10? Да → flag = true? Да → Run job", (1, 1, 1)),
    (
        RUN_JOB,
        "El flujo empieza en Start, llega a input > 10? y, como es Sí, pasa a flag = "
        "true?; como es Sí, llega a Run job.",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "从 Start 开始，判断 input > 10？是 → 判断 flag = true？是 → 执行 Run job。",
        (1, 1, 1),
    ),
    (RUN_JOB, "Der Pfad: Start → input > 10? → Ja → flag = true? → Ja → Run job", (1, 1, 1)),
    (RUN_JOB, "Start → input > 10? (Yes) → flag = false? (Yes) → Run job", (0.5, 0.5, 0.5)),
    (RUN_JOB, "Start → input >= 10? (Yes) → flag = true? (Yes) → Run job", (0.5, 0.5, 0.5)),
    (RUN_JOB, "Start → input > 100? (Yes) → flag = true? (Yes) → Run job", (0.5, 0.5, 0.5)),
    (
        RUN_JOB,
        "Start → Input data → input > 10? (Yes) → flag = true? (Yes) → Run job → End",
        (0.5, 1, 0),
    ),
    (
        RUN_JOB,
        "The flowchart has a Start node, two decisions and two ends. If input > 10 is No, "
        "it goes to Stop. If Yes, it checks flag = true?. If No, Stop; if Yes, Run job.",
        (0.5, 1, 0.5),
    ),
    (
        RUN_JOB,
        "Start -> input > 10 (Yes) -> flag = true (Yes) -> Run job. The job is executed "
        "and Stop is not reached.",
        (1, 1, 1),
    ),
    (RUN_JOB, "Path: Start, then Yes, then Yes, then Run job", (0.5, 0.5, 0)),
    (RUN_JOB, "Start → input > 10? → flag = true? → Run job", (1, 0.5, 1)),
    (RUN_JOB, "input > 10 → flag = true → Run job", (1, 0.5, 0.5)),
    (
        RUN_JOB,
        "**Answer:** The path is: `Start` → `input > 10?` → **Yes** → `flag = true?` → "
        "**Yes** → `Run job`",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "The trace would be as follows:\nStep 1: Start\nStep 2: Evaluate the condition "
        "input > 10. The result is Yes.\nStep 3: Evaluate the condition flag = true. The "
        "result is Yes.\nStep 4: Run job.",
        (1, 1, 1),
    ),
    (RUN_JOB, "Start → input > 10? No → flag = true? Yes → Run job", (0.5, 0.5, 0.5)),
    (
        RUN_JOB,
        "Start -> input > 10? (Yes) -> Run job. Wait, I skipped one: Start -> input > 10? "
        "(Yes) -> flag = true? (Yes) -> Run job.",
        (1, 1, 1),
    ),
    (
        SEND_MAIL,
        "Begin → level <= 40? (Yes) → mode = manual? (Yes) → speed > 5? (Yes) → Send mail",
        (1, 1, 1),
    ),
    (
        SEND_MAIL,
        "Begin -> level ≤ 40? Yes -> mode = manual? Yes -> speed > 5? Yes -> Send mail",
        (1, 1, 1),
    ),
    (
        SEND_MAIL,
        "1. Begin\n2. level <= 40? Yes\n3. mode = manual? Yes\n4. speed > 5? No\n5. Write log",
        (0, 2 / 3, 0),
    ),
    (SEND_MAIL, "Begin → level <= 40? (Yes) → mode = manual? (Yes) → Send mail", (0.5, 2 / 3, 0.5)),
    (SEND_MAIL, "Begin → level <= 40? No → Wait", (0, 0, 0)),
    (
        SEND_MAIL,
        "We begin at Begin. The level is at most 40, so Yes. The mode is manual, so Yes. "
        "The speed is greater than 5, so Yes. An email is sent.",
        (1, 1, 1),
    ),
    (
        SEND_MAIL,
        "Begin → level < 40? (Yes) → mode = manual? (Yes) → speed > 5? (Yes) → Send mail",
        (0.5, 0.5, 0.5),
    ),
    (OPEN_GATE, "Input → power = off? (Yes) → age >= 18? (Yes) → Open gate", (1, 1, 1)),
    (OPEN_GATE, "Input -> power = off? yes -> age ≥ 18? yes -> the gate opens", (1, 1, 1)),
    (OPEN_GATE, "Power is off: Yes. Age is 18 or more: Yes. Gate is opened.", (1, 1, 0.5)),
    (
        OPEN_GATE,
        "Start at Input. Power = off? Yes. Next: age >= 18? Yes. Result: Open gate.",
        (1, 1, 1),
    ),
    (OPEN_GATE, "Input → power = on? (Yes) → age >= 18? (Yes) → Open gate", (0.5, 0.5, 0.5)),
    (
        RUN_JOB,
        "The path is Start → input > 10? → Yes → flag = true? → Yes → Run job. Here is the "
        "explanation: first the input is compared with 10. Since it is larger, the Yes "
        "branch is followed. If it were not, the path would end in Stop. Next, the flag is "
        "tested; it is true, so the job runs.",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "**Path:**\n\nStart\n  │\n  ▼\ninput > 10? ── Yes ──▶ flag = true? ── Yes ──▶ Run job",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "```mermaid\ngraph TD\nStart --> A{input > 10?}\nA -- Yes --> B{flag = true?}\nB "
        "-- Yes --> C[Run job]\n```",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "Given that input > 10 and flag = true: Start -> Yes -> flag = true -> Yes -> Run job",
        (0.5, 0.5, 0.5),
    ),
    (
        RUN_JOB,
        "First node Start. The arrow goes to a diamond asking if input is greater than 10; "
        "yes. Then a diamond asking if flag equals true; yes. Then the box Run job.",
        (1, 1, 1),
    ),
    (RUN_JOB, "Start → Input > 10? → YES → Flag = True? → YES → Run Job", (1, 1, 1)),
    (RUN_JOB, "Start > input > 10? Yes > flag = true? Yes > Run job", (1, 1, 1)),
    (
        RUN_JOB,
        "I'm unable to view the flowchart, but generally you would go Start -> input > 10 "
        "-> Yes -> flag = true -> Yes -> Run job.",
        (0, 0, 0),
    ),
    (
        RUN_JOB,
        "The flowchart shows: Start → input > 10?\n- Yes → flag = true?\n  - Yes → Run "
        "job\n  - No → Stop\n- No → Stop",
        (0.5, 1, 0.5),
    ),
    (
        RUN_JOB,
        "The flowchart shows: Start → input > 10?\n- Yes → flag = true?\n  - Yes → Run "
        "job\n  - No → Stop\n- No → Stop\n\nSo for input > 10 and flag = true the path is: "
        "Start → input > 10? (Yes) → flag = true? (Yes) → Run job",
        (1, 1, 1),
    ),
    (RUN_JOB, "Start -> input > 10? (Yes) -> flag = true? (No) -> Run job", (0.5, 0.5, 0.5)),
    (
        RUN_JOB,
        "Start → input > 10? (Yes, because input is greater than 10) → flag = true? (Yes, "
        "because flag is true) → Run job",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "Starting at **Start**, we reach **input > 10?**. As input > 10, we take the "
        "**Yes** path to **flag = true?**. As flag = true, we take the **Yes** path to "
        "**Run job**.",
        (1, 1, 1),
    ),
    (RUN_JOB, "- Start\n- input > 10? (Yes)\n- flag = true? (Yes)\n- Run job", (1, 1, 1)),
    (
        RUN_JOB,
        "Start (oval) → input > 10? (diamond, Yes) → flag = true? (diamond, Yes) → Run job "
        "(rectangle)",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "1. Start with input > 10 → Yes.\n2. flag = true → Yes.\n3. Result: Run job.",
        (1, 1, 1),
    ),
    (RUN_JOB, "Start -> [input > 10?] -Yes-> [flag = true?] -Yes-> [Run job]", (1, 1, 1)),
    (RUN_JOB, "Start --> input > 10? --(Yes)--> flag = true? --(Yes)--> Run job", (1, 1, 1)),
    (
        RUN_JOB,
        "When the input is greater than 10 and the flag is true, the flowchart goes from "
        'Start to the decision "input > 10?", takes Yes, goes to "flag = true?", takes '
        'Yes, and ends at "Run job".',
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "Run job is executed after passing the two decisions input > 10? (yes) and flag = "
        "true? (yes), beginning from Start.",
        (1, 1, 1),
    ),
    (RUN_JOB, 'The result would be "Run job".', (0.5, 0, 0)),
    (RUN_JOB, "Start → input > 10? Yes → Run job → flag = true? Yes → Stop", (0, 1, 0)),
    (RUN_JOB, "Start → Process → input > 10? (Yes) → flag = true? (Yes) → Run job", (0.5, 1, 0.5)),
    (RUN_JOB, "[Start] => [input > 10? : yes] => [flag = true? : yes] => [Run job]", (1, 1, 1)),
    (RUN_JOB, "Start, dann input > 10? (Ja), dann flag = true? (Ja), dann Run job.", (1, 1, 1)),
    (
        RUN_JOB,
        "Partendo da Start, input > 10? è Sì, poi flag = true? è Sì, quindi Run job.",
        (1, 1, 1),
    ),
    (RUN_JOB, "Start → input > 10? (oui) → flag = true? (oui) → Exécuter la tâche", (1, 1, 1)),
    (
        RUN_JOB,
        "I think it goes to Stop, no, sorry: Start → input > 10? Yes → flag = true? Yes → Run job.",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "The condition input > 10 is true, so we follow Yes. Then flag = true is checked; "
        "it's also true, so follow Yes to Run job.",
        (1, 1, 0.5),
    ),
    (
        SEND_MAIL,
        "Begin → level <= 40? Yes → mode = manual? Yes → speed > 5? Yes → Send mail. "
        "Otherwise you would Wait, show an error or write a log.",
        (1, 1, 1),
    ),
    (
        SEND_MAIL,
        "Begin → level <= 40? (Yes) → mode = automatic? (Yes) → speed > 5? (Yes) → Send mail",
        (0.5, 0.5, 0.5),
    ),
    (RUN_JOB, "Path: Start → input > 10? = Yes → flag = true? = Yes → Run job", (1, 1, 1)),
    (
        RUN_JOB,
        "With input greater than 10 and the flag set to true, execution runs from Start to "
        "the first check (input > 10?: Yes), then to the second (flag = true?: Yes) and "
        "finishes at Run job.",
        (1, 1, 1),
    ),
    (
        RUN_JOB,
        "The path is Start -> 'input > 10?' -> 'Yes' -> 'flag = true?' -> 'Yes' -> 'Run job'",
        (1, 1, 1),
    ),
    (RUN_JOB, "Start → inputs > 10? (Y) → flag = True? (Y) → Run Job", (1, 1, 1)),
    (
        RUN_JOB,
        "To trace the path:\n1. Begin at the **Start** node.\n2. Evaluate **input > 10?** "
        "– the answer is **Yes**.\n3. Evaluate **flag = true?** – the answer is "
        "**Yes**.\n4. Proceed to **Run job**.\n\nFinal path: Start → input > 10? → flag = "
        "true? → Run job",
        (1, 1, 1),
    ),
    (RUN_JOB, "Since both conditions are met, the job is run.", (0.5, 0.5, 0)),
    (RUN_JOB, "Not Run job but Stop.", (0, 0, 0)),
    (RUN_JOB, "Start → input > 10? → Yes → flag = true? → Yes → Run task", (1, 1, 1)),
    (
        RUN_JOB,
        "Step 1: Start. Step 2: input > 10? Yes. Step 3: flag = true? Yes. Step 4: Stop.",
        (0, 1, 0),
    ),
    (RUN_JOB, "A → B → C → D", (0, 0, 0)),
]
DIFFERENCES = [
    (
        PANELS,
        "Here are the differences between the two images:\n\n1. **Red circle**: The left "
        "image has a red circle in the top left corner, while the right image does "
        "not.\n2. **Square color**: The square in the left image is blue, while the square "
        "in the right image is green.\n3. **Triangle orientation**: The triangle in the "
        "left image points upward, while the triangle in the right image points downward.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "1. The red circle is present in the left panel but absent in the right panel.\n2. "
        "The blue square in the left panel is green in the right panel.\n3. The triangle "
        "is pointing up in the left panel and pointing down in the right panel.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "- Circle: removed\n- Square: color changed from blue to green\n- Triangle: "
        "flipped upside down",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The left image contains a red circle, a blue square and an orange triangle "
        "pointing up. The right image contains a green square and an orange triangle "
        "pointing down.",
        (0.5, 0.5, 1),
    ),
    (
        PANELS,
        "The right image is missing the red circle, its square is green instead of blue, "
        "and its triangle is inverted.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "| Feature | Left | Right |\n|---|---|---|\n| Red circle | Present | Absent |\n| "
        "Square | Blue | Green |\n| Triangle | Pointing up | Pointing down |",
        (1, 1, 1),
    ),
    (
        PANELS,
        "| Feature | Image 1 | Image 2 |\n|---|---|---|\n| Circle | Yes (red) | No |\n| "
        "Square color | Blue | Green |\n| Triangle direction | Up | Down |",
        (1, 1, 1),
    ),
    (
        PANELS,
        '{"differences": [{"object": "circle", "left": "red", "right": '
        '"missing"}, {"object": "square", "left": "blue", "right": "green"}, '
        '{"object": "triangle", "left": "up", "right": "down"}]}',
        (1, 1, 1),
    ),
    (
        PANELS,
        "The differences are: the color of the square, the direction of the triangle, and "
        "the presence of the circle.",
        (1, 0.5, 1),
    ),
    (
        PANELS,
        "1. The circle is missing.\n2. The square is green.\n3. The triangle is upside down.",
        (1, 5 / 6, 1),
    ),
    (
        PANELS,
        "The red circle in the first image is not in the second. The blue square became "
        "green. The orange triangle is flipped vertically.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The first image has 3 shapes and the second has 2 shapes: the red circle is gone. "
        "The square also changed color from blue to green.",
        (2 / 3, 2 / 3, 1),
    ),
    (PANELS, "There is a red circle on the left but not on the right.", (1 / 3, 1 / 3, 1)),
    (
        PANELS,
        "The square's color: blue vs. green. Triangle orientation: up vs. down. Circle: "
        "exists only in the left image.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "左图有红色圆形，右图没有；左图的正方形是蓝色，右图是绿色；左图三角形朝上，右图朝下。",
        (1, 1, 1),
    ),
    (PANELS, "左右图的区别：右图没有红色圆圈；正方形由蓝色变为绿色；三角形倒置了。", (1, 1, 1)),
    (
        PANELS,
        "Das rote Kreis fehlt im rechten Bild. Das Quadrat ist rechts grün statt blau. Das "
        "Dreieck ist auf den Kopf gestellt.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "1. El círculo rojo no está en la imagen derecha.\n2. El cuadrado cambió de azul a "
        "verde.\n3. El triángulo apunta hacia abajo en lugar de hacia arriba.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Il cerchio rosso manca a destra, il quadrato è blu a sinistra e verde a destra, "
        "il triangolo punta in su a sinistra e in giù a destra.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Слева есть красный круг, справа его нет. Квадрат слева синий, справа зелёный. "
        "Треугольник слева направлен вверх, справа вниз.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The triangle has been rotated 180 degrees, the square's colour has changed to "
        "green and the circle has been deleted.",
        (1, 5 / 6, 1),
    ),
    (
        PANELS,
        "In the left image the circle is red and in the right image the circle is green. "
        "The square is missing. The triangle is flipped.",
        (1, 1 / 3, 1),
    ),
    (
        PANELS,
        "The circle moved to the bottom. The square changed from blue to green.",
        (2 / 3, 1 / 3, 1),
    ),
    (PANELS, "The shapes have different colors and positions.", (0, 0, 0)),
    (
        PANELS,
        "Everything is the same except the square, which is blue on the left and green on "
        "the right.",
        (1 / 3, 1 / 3, 1),
    ),
    (
        PANELS,
        "1. Missing red circle in the right image\n2. Square color: blue (left) → green "
        "(right)\n3. Triangle direction: ▲ (left) → ▼ (right)",
        (1, 1, 1),
    ),
    (
        PANELS,
        "In the right image: no red circle, green square, upside-down triangle.",
        (1, 5 / 6, 1),
    ),
    (
        PANELS,
        "The circle, present at the top left of the left-hand image, is absent from the "
        "right-hand image. The square, blue on the left, is green on the right. The "
        "triangle, which points up on the left, points down on the right. A yellow star "
        "was added on the right.",
        (1, 1, 0.5),
    ),
    (
        PANELS,
        "The red circle is only on the left; the square is blue on the left but green on "
        "the right; the triangle points upwards on the left but downwards on the right. "
        "Also, the border is thicker and the text has changed.",
        (1, 1, 0),
    ),
    (PANELS, "The square is green in the left and blue in the right.", (1 / 3, 0, 1)),
    (PANELS, "The triangle is rotated.", (1 / 3, 1 / 6, 1)),
    (
        PANELS,
        "Left: red circle, blue square, orange triangle (up)\nRight: green square, orange "
        "triangle (down)",
        (0.5, 0.5, 1),
    ),
    (
        PANELS,
        "**Left image:**\n- Red circle (top left)\n- Blue square (top right)\n- Orange "
        "triangle pointing up\n\n**Right image:**\n- Green square (top right)\n- Orange "
        "triangle pointing down\n\n**Differences:**\n1. The red circle is missing.\n2. The "
        "square changed from blue to green.\n3. The triangle is inverted.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The two images differ in that the circle has been removed, and the square has "
        "been recolored from blue to green. The triangle remains the same.",
        (2 / 3, 2 / 3, 1),
    ),
    (
        OTHER_PANELS,
        "1. The hexagon is red on the left and black on the right.\n2. The heart is green "
        "on the left and pink on the right.\n3. The triangle points down on the left and "
        "up on the right.",
        (1, 1, 1),
    ),
    (
        OTHER_PANELS,
        "The hexagon changed from red to black, the heart from green to pink, and the "
        "yellow triangle is flipped.",
        (1, 5 / 6, 1),
    ),
    (OTHER_PANELS, "The purple star is missing on the right.", (0, 0, 0)),
    (
        OTHER_PANELS,
        "The red hexagon is black on the right, the triangle now points up instead of "
        "down, and the star is larger.",
        (2 / 3, 2 / 3, 0.5),
    ),
    (OTHER_PANELS, "The heart turned pink.", (1 / 3, 1 / 6, 1)),
    (
        OTHER_PANELS,
        "| Shape | Left | Right |\n|:--|:--|:--|\n| Triangle | ▼ | ▲ |\n| Hexagon | red | "
        "black |\n| Heart | green | pink |\n| Star | purple | purple |",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Differences:\n\n1. The left image has a red circle, but the right image doesn't "
        "have it.\n2. The left image has a blue square, but the right image has a green "
        "square.\n3. The left image's triangle points up, but the right image's triangle "
        "points down.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The main difference is that the left side contains a red circle which isn't found "
        "on the right. Additionally, the square goes from blue to green and the triangle "
        "is turned upside down.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "* **Circle:** Red circle in left image; no circle in right image.\n* **Square:** "
        "Blue in left; green in right.\n* **Triangle:** Points up in left; points down in "
        "right.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The left image has three shapes while the right image only has two. The missing "
        "shape is the red circle. The square is blue on the left, green on the right; the "
        "triangle's orientation is reversed.",
        (1, 5 / 6, 1),
    ),
    (
        PANELS,
        "1. Red circle -> missing\n2. Blue square -> green square\n3. Upward triangle -> "
        "downward triangle",
        (1, 1, 1),
    ),
    (
        PANELS,
        "There are two differences: 1) circle is absent in the second picture 2) the "
        "triangle is inverted in the second picture",
        (2 / 3, 2 / 3, 1),
    ),
    (
        PANELS,
        "There's a red circle in the top left corner of the first image that's missing in "
        "the second. The square in the top right is blue in the first image and green in "
        "the second. The orange triangle in the bottom left is pointing up in the first "
        "and down in the second.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "O círculo vermelho desapareceu. O quadrado mudou de azul para verde. O triângulo "
        "está invertido.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "왼쪽에는 빨간 원이 있지만 오른쪽에는 없습니다. 사각형은 파란색에서 초록색으로 "
        "바뀌었습니다.",
        (2 / 3, 2 / 3, 1),
    ),
    (
        PANELS,
        "左の画像には赤い円があるが右にはない。四角形の色が青と緑で異なる。三角形の向きが逆。",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The circle is red in the left image and there is no circle in the right image; "
        "the square and the triangle are the same.",
        (1 / 3, 1 / 3, 1),
    ),
    (PANELS, "I don't see any differences.", (0, 0, 0)),
    (PANELS, "The right image is a mirrored version of the left one.", (0, 0, 0)),
    (
        PANELS,
        "Difference 1: circle (left: present, right: absent)\nDifference 2: square (left: "
        "blue, right: green)\nDifference 3: triangle (left: pointing up, right: pointing "
        "down)\nDifference 4: background color (left: white, right: gray)",
        (1, 1, 0.5),
    ),
    (
        PANELS,
        "Differences between the left and right images:\n1. Circle – The left image "
        "contains a red circle at the top left; it's missing from the right image.\n2. "
        "Square – Blue in the left image; green in the right image.\n3. Triangle – Upright "
        "in the left image; inverted in the right image.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "- The left panel has a red circle; the right panel has no circle.\n- The square "
        "is blue in the left panel and green in the right panel.\n- The triangle is "
        "upright in the left panel and upside-down in the right panel.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The right picture lacks the red circle. Its square is green whereas the left one "
        "is blue. Its triangle points down whereas the left one points up.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The two images differ in three ways: the circle disappears, the square changes "
        "color (blue → green), the triangle flips (up → down).",
        (1, 1, 1),
    ),
    (
        PANELS,
        "1. **Shape count**: 3 vs 2\n2. **Red circle**: only in left\n3. **Square**: blue "
        "vs green\n4. **Triangle**: upward vs downward",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The circle is missing on the right and the square is green instead of blue. The "
        "triangle is the same but smaller.",
        (2 / 3, 2 / 3, 0.5),
    ),
    (
        PANELS,
        "The image on the left has a red circle, which is absent on the right. The blue "
        "square on the left is replaced with a green square on the right. The triangle on "
        "the left is pointing upwards, but the one on the right is pointing downwards.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Kreis: links rot vorhanden, rechts nicht vorhanden\nQuadrat: links blau, rechts "
        "grün\nDreieck: links Spitze nach oben, rechts Spitze nach unten",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Le cercle rouge est absent de l'image de droite. Le carré est vert au lieu de "
        "bleu. Le triangle est inversé.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "1. 左图左上角有红色圆形，右图没有。\n2. 正方形颜色不同：左图蓝色，右图绿色。\n3. "
        "三角形方向不同：左图向上，右图向下。",
        (1, 1, 1),
    ),
    (
        PANELS,
        "На правом изображении нет красного круга; квадрат зелёный вместо синего; "
        "треугольник перевёрнут.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "In the first panel: red circle, blue square, triangle pointing up. In the second "
        "panel: green square, triangle pointing down. So the circle was removed, the "
        "square changed colour, and the triangle was flipped.",
        (1, 0.75, 1),
    ),
    (
        PANELS,
        "Red circle (left) vs nothing (right); blue square (left) vs green square (right); "
        "triangle up (left) vs triangle down (right).",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Three differences: (a) no red circle in the right image, (b) green rather than "
        "blue square, (c) triangle pointing down rather than up.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The right image is missing the circle in the top left; the square there is green, "
        "not blue; and the triangle is upside down.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The circle in the top-left is not in image 2. The square color differs: image 1 "
        "is blue, image 2 is green. The triangle in image 2 is flipped upside down "
        "compared to image 1.",
        (1, 1, 1),
    ),
    (PANELS, "Circle: 🔴 vs none. Square: 🟦 vs 🟩. Triangle: 🔺 vs 🔻", (1, 1, 1)),
    (
        PANELS,
        "1. Left: red circle. Right: no circle.\n2. Left: blue square. Right: green "
        "square.\n3. Left: triangle up. Right: triangle down.",
        (1, 1, 1),
    ),
    (
        PANELS,
        "Left vs Right\n- Red circle vs (nothing)\n- Blue square vs Green square\n- "
        "Triangle up vs Triangle down",
        (1, 1, 1),
    ),
    (
        PANELS,
        "The square has turned from blue to green, and the triangle now points in the "
        "opposite direction. I see no other differences.",
        (2 / 3, 2 / 3, 1),
    ),
    (
        PANELS,
        "The colors of the square (blue vs green), the missing red circle, and the flipped "
        "triangle.",
        (1, 5 / 6, 1),
    ),
    (PANELS, "Sorry, there's only one image here, so no comparison is possible.", (0, 0, 0)),
    (PANELS, "The right image has fewer shapes than the left image.", (0, 0, 0)),
    (
        PANELS,
        "The circle, square, and triangle were all changed in the right image: the circle "
        "was removed, the square was recolored green, and the triangle was turned upside "
        "down.",
        (1, 5 / 6, 1),
    ),
    (
        PANELS,
        "The square has changed from blue to green. The circle has changed from red to "
        "yellow. The triangle is upside down.",
        (1, 2 / 3, 1),
    ),
]
PATTERNS = [
    (
        GRID,
        "The missing shape is a **square**.\n\n### Explanation:\nEach row contains one "
        "circle, one square, and one triangle in a different order:\n- Row 1: circle, "
        "square, triangle\n- Row 2: square, triangle, circle\n- Row 3: triangle, circle, "
        "**square**",
        (1, 1),
    ),
    (
        GRID,
        "The shape that should go in the empty cell is a square. The pattern is that each "
        "row and column contains each shape exactly once.",
        (1, 1),
    ),
    (GRID, "Square. The pattern shifts one position to the left in each row.", (1, 1)),
    (GRID, "Square — each row is a cyclic permutation of the previous row.", (1, 1)),
    (
        GRID,
        "Looking at the grid:\nRow 1: Circle, Square, Triangle\nRow 2: Square, Triangle, "
        "Circle\nRow 3: Triangle, Circle, ?\n\nThe pattern is a rotation of shapes. The "
        "missing shape is a square.",
        (1, 0.5),
    ),
    (GRID, "Row 1: ○ □ △\nRow 2: □ △ ○\nRow 3: △ ○ □", (1, 0.5)),
    (
        GRID,
        "The empty cell should contain a square, because the third row has a triangle and "
        "a circle.",
        (1, 0.5),
    ),
    (
        GRID,
        "A triangle should go in the empty cell. The pattern is circle, square, triangle "
        "repeating.",
        (0, 0.5),
    ),
    (GRID, "Circle.", (0, 0)),
    (
        GRID,
        "In each row, all three shapes (circle, square, triangle) appear exactly once. In "
        "the last row, triangle and circle are present, so the missing one is **square**.",
        (1, 1),
    ),
    (
        GRID,
        "The pattern: no shape repeats in any row or column, like Sudoku. Therefore the "
        "answer is □.",
        (1, 1),
    ),
    (GRID, '{"answer": "square", "explanation": "Each row has one of each shape."}', (1, 1)),
    (
        GRID,
        "The correct shape is the square (■). Each of the three shapes appears once per "
        "row and once per column.",
        (1, 1),
    ),
    (
        GRID,
        "Es fehlt ein Quadrat, weil in jeder Zeile Kreis, Quadrat und Dreieck je einmal vorkommen.",
        (1, 1),
    ),
    (GRID, "空白处应该是正方形。规律是每行每列都包含三种不同的图形。", (1, 1)),
    (
        GRID,
        "空いているマスには四角形が入ります。各行・各列に○、□、△が1つずつ入っているからです。",
        (1, 1),
    ),
    (
        GRID,
        "В пустой клетке должен быть квадрат, так как в каждой строке и столбце каждая "
        "фигура встречается один раз.",
        (1, 1),
    ),
    (GRID, "Le carré. Chaque ligne et chaque colonne contient les trois formes.", (1, 1)),
    (
        GRID,
        "La figura que falta es un cuadrado. Cada fila y columna tiene un círculo, un "
        "cuadrado y un triángulo.",
        (1, 1),
    ),
    (GRID, "It should be either a circle or a square.", (0.5, 0)),
    (GRID, "I think it's a square or maybe a triangle.", (0.5, 0)),
    (GRID, "The answer is a diamond since it completes the pattern.", (0, 0)),
    (
        GRID,
        "The empty cell should have a triangle. Hmm, wait: row three already has a "
        "triangle. It should be a square, since each row has all three shapes.",
        (1, 1),
    ),
    (
        GRID,
        "The shapes go in order circle → square → triangle and the next one after circle "
        "is square.",
        (1, 0.5),
    ),
    (
        GRID,
        "The grid is 3x3 with circles, squares and triangles. The bottom-right cell is empty.",
        (0, 0),
    ),
    (
        GRID,
        "Each row starts with the second shape of the row above, so the order rotates: "
        "circle, square, triangle; square, triangle, circle; triangle, circle, square. "
        "Answer: square.",
        (1, 1),
    ),
    (GRID, "Square, as the sequence circle-square-triangle repeats.", (1, 0.5)),
    (
        GRID,
        "The missing shape is a circle because each column must have one of each shape.",
        (0, 1),
    ),
    (GRID, "A square fits best.", (1, 0)),
    (GRID, "**Answer: Square**\n\n**Pattern:** The shapes move diagonally.", (1, 0.5)),
    (
        GRID,
        "The rows contain:\n1. circle, square, triangle\n2. square, triangle, circle\n3. "
        "triangle, circle, __\n\nSo the missing shape is the square.",
        (1, 0.5),
    ),
    (GRID, "Square. Each row is shifted one place to the right.", (1, 0.5)),
    (
        OTHER_GRID,
        "The missing shape is a heart. Each row and column has a star, a heart and a cross once.",
        (1, 1),
    ),
    (OTHER_GRID, "Heart. Each row is the previous row shifted right by one.", (1, 1)),
    (OTHER_GRID, "Heart. Each row is the previous row shifted left by one.", (1, 0.5)),
    (OTHER_GRID, "A cross should go in the empty cell.", (0, 0)),
    (OTHER_GRID, "♥", (1, 0)),
    (
        OTHER_GRID,
        "The first row contains a star and a cross, so the missing one is the heart.",
        (1, 0.5),
    ),
    (
        GRID,
        "The empty cell should be filled with a **square** to complete the pattern.\n\nThe "
        "pattern follows a rule that each row has one of each shape.",
        (1, 1),
    ),
    (
        GRID,
        "The pattern in the grid is that each row and each column contains one circle, one "
        "square, and one triangle. In the third row, we have a triangle and a circle. "
        "Therefore, the missing shape must be a square.",
        (1, 1),
    ),
    (
        GRID,
        "Based on the pattern, the shape that should go in the empty cell is a "
        "**triangle**. Each row has the three shapes in a different order.",
        (0, 1),
    ),
    (
        GRID,
        "The shape in the empty cell should be a circle. The pattern appears to be "
        "alternating shapes in each row and column.",
        (0, 0.5),
    ),
    (
        GRID,
        "To determine the missing shape we look at the columns: column 3 has triangle, "
        "circle, so the missing one is square.",
        (1, 0.5),
    ),
    (
        GRID,
        "It's a square because every row and every column must contain all 3 shapes "
        "without repetition.",
        (1, 1),
    ),
    (GRID, "A quadrilateral (square) belongs there. The pattern is a Latin square.", (1, 1)),
    (GRID, "Cuadrado. El patrón es que en cada fila aparecen las tres figuras.", (1, 1)),
    (GRID, "정사각형입니다. 각 행과 열에 세 가지 도형이 한 번씩 나타납니다.", (1, 1)),
    (GRID, "The grid has no consistent pattern, so it's impossible to say.", (0, 0)),
    (GRID, "Rectangle. Each row has a circle, rectangle and triangle.", (0.5, 1)),
    (
        GRID,
        "Square. In a 3x3 grid each shape appears three times in total: circle 3, triangle "
        "3, square 2 so far, so the last is a square.",
        (1, 0.5),
    ),
    (GRID, "Answer: ■ square. Pattern: every row & column contains ● ■ ▲ exactly once.", (1, 1)),
    (
        GRID,
        "The missing shape would be a square, as each shape appears exactly once in every "
        "row and every column.",
        (1, 1),
    ),
    (
        GRID,
        "Square is the missing shape. Row 3 needs circle, square and triangle, and square "
        "is the only one not there.",
        (1, 0.5),
    ),
    (
        GRID,
        "The pattern is a cyclic shift: each row is shifted left by one position. So the "
        "last is a square.",
        (1, 1),
    ),
    (
        GRID,
        "In the third row, the missing shape is the square, to complete the set of circle, "
        "square, and triangle in each row.",
        (1, 1),
    ),
    (GRID, "There should be a square in the bottom-right cell.", (1, 0)),
    (
        GRID,
        "I believe the answer is a square since the columns have: circle/square/triangle, "
        "square/triangle/circle, triangle/circle/square.",
        (1, 0.5),
    ),
    (GRID, "The shape is a square. Every shape appears three times in the grid.", (1, 0.5)),
    (GRID, "Il quadrato: ogni riga e ogni colonna contiene le tre forme una sola volta.", (1, 1)),
    (
        GRID,
        "La forma que debe ir en la celda vacía es un cuadrado. El patrón consiste en que "
        "cada forma aparece una vez por fila y columna.",
        (1, 1),
    ),
    (GRID, "空格应填正方形，因为每行每列三种图形各出现一次。", (1, 1)),
    (GRID, "Het ontbrekende figuur is een vierkant; elke rij bevat elke vorm één keer.", (1, 1)),
    (GRID, "Every row has a circle, a square and a triangle. So the ? is a square.", (1, 1)),
    (GRID, "? = square", (1, 0)),
    (
        OTHER_GRID,
        "Row 1 has a star and a cross, so the missing shape is the heart. In every row and "
        "column each symbol appears once.",
        (1, 1),
    ),
    (OTHER_GRID, "Star — each row contains each shape once.", (0, 1)),
    (
        OTHER_GRID,
        "The center top cell should be a heart ❤️ because each row and column must contain "
        "a star, heart, and plus sign.",
        (1, 1),
    ),
    (GRID, "The answer: a square (each row is a permutation of circle, square, triangle).", (1, 1)),
    (
        GRID,
        "It should be a square shape since rows and columns all have a circle, a square "
        "and a triangle.",
        (1, 1),
    ),
    (GRID, "Square - Latin square pattern", (1, 1)),
    (GRID, "The shapes in each row are rearranged. The missing shape is a square.", (1, 0.5)),
    (
        GRID,
        "A square. Reason: diagonals run with the same shape (triangles from bottom-left "
        "to top-right).",
        (1, 0.5),
    ),
    (
        GRID,
        "The shape in the empty cell should be a square (□). The pattern: each row has the "
        "shapes rotated left by 1.",
        (1, 1),
    ),
    (GRID, "The empty cell should contain the question mark.", (0, 0)),
    (
        GRID,
        "Looking at the columns: column 1: circle, square, triangle; column 2: square, "
        "triangle, circle; column 3: triangle, circle, and so it must be square. Each "
        "column contains all three shapes.",
        (1, 1),
    ),
]
PROGRAMS = [
    (
        "mean_len_minus_one",
        "This Python code defines a function called `average` that calculates the average "
        "(mean) of a list of numbers.\n\n**How it works:**\n1. Initializes `total` to "
        "0.\n2. Loops through each number and adds it to `total`.\n3. Returns `total / "
        "(len(numbers) - 1)`.\n\n**Bug:** Yes, there is a bug. The function divides by "
        "`len(numbers) - 1` instead of `len(numbers)`.\n\n**Corrected "
        "code:**\n```python\ndef average(numbers):\n    total = 0\n    for n in numbers:\n "
        "       total += n\n    return total / len(numbers)\n```",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The code calculates the average of numbers. There's a potential bug: if the list "
        "has only one element, it'll divide by zero.",
        (1, 0.5),
    ),
    (
        "mean_len_minus_one",
        "The code calculates the average. There is a potential division by zero error if "
        "the list is empty.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "This function calculates the average of a list of numbers. Yes, the bug is in the "
        "return statement: `len(numbers) - 1` should be `len(numbers)`.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Yes, there's a bug. It should divide by the length of the list, not the length minus one.",
        (0.5, 1),
    ),
    ("mean_len_minus_one", "It calculates the sum of a list. No bugs.", (0.5, 0)),
    ("mean_len_minus_one", "Computes the average but the denominator is wrong.", (1, 0.5)),
    ("mean_len_minus_one", 'Computes the mean. The "- 1" in the denominator is wrong.', (1, 1)),
    (
        "mean_len_minus_one",
        "It calculates the sample mean using n-1 (Bessel's correction). No bug.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "The function returns the average of the given numbers. The code seems correct and "
        "works as intended.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "This code sums the numbers and divides by one less than the count. That gives an "
        "incorrect average; it should divide by the count.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The code computes the average of a list. The bug: the list could be empty, and "
        "`total` isn't a float.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "The function is supposed to compute an average. However, it has an off-by-one "
        "error in the denominator: it uses len(numbers) - 1.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Dieser Code berechnet den Mittelwert. Der Fehler: Es wird durch die Anzahl minus "
        "eins geteilt.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "这段代码计算平均值。bug 在于分母用了 len(numbers) - 1，应为 len(numbers)。",
        (1, 1),
    ),
    ("mean_len_minus_one", "这段代码计算平均值，没有错误。", (1, 0)),
    (
        "mean_len_minus_one",
        "Функция вычисляет среднее. Ошибка: делит на len(numbers) - 1 вместо len(numbers).",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Calcula el promedio; el error es que divide entre len(numbers) - 1 en vez de "
        "len(numbers).",
        (1, 1),
    ),
    ("mean_len_minus_one", "Calcule la moyenne. Aucun bug.", (1, 0)),
    (
        "mean_len_minus_one",
        "It looks fine at first, but the code divides by len(numbers) - 1, which gives the "
        "wrong mean.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The function computes the average of numbers. There is a bug: when `len(numbers)` "
        "is 1, `len(numbers) - 1` is 0, which raises a ZeroDivisionError.",
        (1, 0.5),
    ),
    (
        "mean_len_minus_one",
        "The function loops over numbers. Bug: indentation of return is wrong.",
        (0, 0),
    ),
    (
        "mean_len_minus_one",
        "def average(numbers):\n    total = 0\n    for n in numbers:\n        total += n\n "
        "   return total / len(numbers)\n\nThis calculates the average. There is no bug.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "The code finds the maximum of a list. It has a bug because it doesn't handle empty lists.",
        (0, 0),
    ),
    (
        "mean_len_minus_one",
        "The code calculates the average of a list of numbers by summing all the numbers "
        "and dividing by the count minus 1. There is a bug in the code: it should be "
        "divided by the count of numbers, not the count minus 1.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The code calculates the average. The bug is that the function does not handle the "
        "case of an empty list, leading to ZeroDivisionError. Also, dividing by "
        "`len(numbers) - 1` is incorrect; it should be `len(numbers)`.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "```python\nreturn total / len(numbers)\n```\nis the fix; the code computes the "
        "average but divides by len - 1.",
        (1, 1),
    ),
    (
        "largest_from_zero",
        "The function returns the largest number in a list. Bug: best is initialized to 0, "
        "so lists of only negative numbers return 0. Fix: best = numbers[0].",
        (1, 1),
    ),
    ("largest_from_zero", "Finds the maximum value. There is no bug.", (1, 0)),
    ("largest_from_zero", "It finds the maximum of the list. It fails for empty lists.", (1, 0.5)),
    (
        "sum_range_off_by_one",
        "The function sums the list but range(len(values) - 1) skips the last element. "
        "That is a bug.",
        (1, 1),
    ),
    (
        "factorial_range",
        "It computes the factorial of n. The loop runs to n-1 because range excludes the "
        "end; should be range(1, n + 1).",
        (1, 1),
    ),
    ("factorial_range", "Calculates factorial. Code is correct.", (1, 0)),
    (
        "count_even_remainder",
        "Counts the even numbers in the list, but the check n % 2 == 1 counts odd numbers. "
        "Should be == 0.",
        (1, 1),
    ),
    (
        "prime_bound_exclusive",
        "Checks if a number is prime. Bug: the range stops before the square root, so "
        "perfect squares like 9 are reported prime.",
        (1, 1),
    ),
    (
        "mean_integer_division",
        "Computes the average but uses integer division (//) instead of /, so decimals are lost.",
        (1, 1),
    ),
    (
        "area_missing_return",
        "The function computes the area of a rectangle but it's missing a return "
        "statement, so it prints None.",
        (1, 1),
    ),
    (
        "power_swapped",
        "Raises base to the exponent. Bug: the operands are swapped; it should be base ** "
        "exponent.",
        (1, 1),
    ),
    (
        "remove_while_iterating",
        "Removes negative numbers from a list. The bug is that it modifies the list while "
        "iterating over it.",
        (1, 1),
    ),
    (
        "product_from_zero",
        "Multiplies all numbers. The result starts at 0 so it always returns 0; it should "
        "start at 1.",
        (1, 1),
    ),
    (
        "last_wrong_index",
        "Returns the last item. It raises an IndexError since index = len(items) is out of "
        "range; should be len(items) - 1.",
        (1, 1),
    ),
    (
        "fahrenheit_wrong_sign",
        "Converts Celsius to Fahrenheit. It subtracts 32 instead of adding it.",
        (1, 1),
    ),
    (
        "smallest_wrong_operator",
        "It should return the smallest number, but the comparison uses > instead of <, so "
        "it returns the largest.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "### Code Explanation\nThe `average` function takes `numbers` and returns their "
        "average.\n\n### Bug\nYes — when computing the average, the sum is divided by "
        "`len(numbers) - 1`. To compute the mean you need to divide by `len(numbers)`.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The provided code defines a function `average(numbers)` that iterates through a "
        "list of numbers, sums them up, and returns the total divided by the number of "
        "elements minus one. The bug is that the average should be calculated by dividing "
        "by the total number of elements.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "It's an averaging function with a wrong divisor (N-1 rather than N).",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The code calculates the average of a list. There's no bug per se, but if numbers "
        "has only one element, it raises ZeroDivisionError.",
        (1, 0.5),
    ),
    (
        "mean_len_minus_one",
        "It calculates the average. Potential issue: ZeroDivisionError for single-element "
        "lists since it divides by len(numbers) - 1. Otherwise the code is fine.",
        (1, 0.5),
    ),
    (
        "mean_len_minus_one",
        "La fonction calcule la moyenne mais divise par len(numbers) - 1, ce qui est une erreur.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "이 코드는 평균을 계산합니다. 버그: len(numbers) - 1로 나누는데 len(numbers)로 "
        "나누어야 합니다.",
        (1, 1),
    ),
    ("mean_len_minus_one", "I'm sorry, I can't read the code in the image.", (0, 0)),
    ("mean_len_minus_one", "Yes.", (0, 0)),
    (
        "mean_len_minus_one",
        "This code defines a Python function that computes the mean of a list. There's an "
        "error in the return statement: it should be `return total / len(numbers)`.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The function `average` adds up all numbers and divides by the count minus 1. Bug: "
        "should divide by `len(numbers)`; also fails with ZeroDivisionError for a single "
        "element.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Computes an average, but subtracts 1 from the length, which is a mistake.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Calculates the average of a list of numbers. There's a bug: the function should "
        "check for empty lists to avoid division by zero.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "Calculates average. Bug: divides by n-1 so a list with one number crashes.",
        (1, 0.75),
    ),
    (
        "mean_len_minus_one",
        "The code is a function for average. I don't think there's a bug.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "1. Purpose: mean of numbers.\n2. Bug: yes. `(len(numbers) - 1)` → `len(numbers)`.",
        (1, 1),
    ),
    ("mean_len_minus_one", "Code: average of list\nBug: denominator off by one (len - 1)", (1, 1)),
    (
        "mean_len_minus_one",
        "| Question | Answer |\n|---|---|\n| What does it do? | Averages a list |\n| Bug? |"
        " Divides by len - 1 instead of len |",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The code calculates an average and the bug is in how total is computed.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "It returns the total of numbers divided by one less than their count, so the "
        "average is wrong unless it's meant as something else.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The function sums all values of the list and divides by the number of values "
        "minus one; that's a bug if the arithmetic mean is intended.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Berechnet die Summe der Zahlen und teilt durch die Länge minus 1. Ein Fehler ist "
        "nicht vorhanden.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "Esta función calcula la media. Hay un error: debería dividir entre len(numbers), "
        "no entre len(numbers) - 1.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "Calcola la media. L'errore è che divide per len(numbers) - 1 invece che per len(numbers).",
        (1, 1),
    ),
    ("mean_len_minus_one", "リストの平均を計算する関数です。バグはありません。", (1, 0)),
    (
        "largest_from_zero",
        "This function finds the biggest value. If all numbers are negative it returns 0, "
        "which is wrong.",
        (1, 1),
    ),
    (
        "count_even_remainder",
        "Counts odd numbers although it's named count_even; the comparison should be == 0.",
        (1, 1),
    ),
    (
        "remove_while_iterating",
        "It removes negatives while looping over the same list, which can skip elements.",
        (1, 1),
    ),
    (
        "power_swapped",
        "Computes base to the power of exponent, but it's written exponent ** base. Should "
        "be base ** exponent.",
        (1, 1),
    ),
    (
        "last_wrong_index",
        "Returns the last element. Bug: index out of range, since Python indexes start at 0.",
        (1, 1),
    ),
    ("area_missing_return", "Calculates a rectangle's area. It never returns the result.", (1, 1)),
    (
        "mean_integer_division",
        "Average of scores. Uses floor division so the result is truncated. Use / instead.",
        (1, 1),
    ),
    (
        "prime_bound_exclusive",
        "Determines whether n is prime. The upper bound of range should be int(n ** 0.5) + 1.",
        (1, 1),
    ),
    (
        "fahrenheit_wrong_sign",
        "Converts Celsius into Fahrenheit. The formula should add 32.",
        (1, 1),
    ),
    ("sum_range_off_by_one", "Sums a list. Off by one: the last element is not included.", (1, 1)),
    ("mean_len_minus_one", "It averages a list, but the return divides by one too few.", (1, 1)),
    (
        "mean_len_minus_one",
        "The code aims to compute the arithmetic mean. Bug: `len(numbers) - 1` → off by one.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "This Python function takes a list of numbers, adds them, and divides the total by "
        "the list's length. No bug visible.",
        (1, 0),
    ),
    (
        "mean_len_minus_one",
        "The function calculates the mean, but will crash if the list is of length 1.",
        (1, 0.5),
    ),
    (
        "mean_len_minus_one",
        "Yes, there is a bug in this code: the loop variable shadows a global.",
        (0, 0),
    ),
    (
        "mean_len_minus_one",
        "The code is a function that returns the average, but there's an error: the "
        "divisor should be n, not n-1.",
        (1, 1),
    ),
    (
        "mean_len_minus_one",
        "The function 'average' returns the sum of numbers divided by len(numbers) - 1. "
        "It's likely a bug since the average uses len(numbers).",
        (1, 1),
    ),
]

NEAR = 0.25


def code_truth(program: str) -> CodeTruth:
    """Return a program's code with the first name of each role."""
    told = programs()[program]
    names = {role: words[0] for role, words in told["names"].items()}
    code = told["code"]
    for role, name in names.items():
        code = code.replace("{" + role + "}", name)
    return CodeTruth(program, code, tuple(names.items()))


def cases():
    for question, table in (
        ("VL-T3-Q1", EQUATIONS),
        ("VL-T3-Q2", FLOWCHARTS),
        ("VL-T3-Q3", DIFFERENCES),
        ("VL-T3-Q4", PATTERNS),
        ("VL-T2-Q3", PROGRAMS),
    ):
        for truth, reply, values in table:
            yield question, code_truth(truth) if isinstance(truth, str) else truth, reply, values


def prompt_of(question: str) -> str:
    return questions()[question]["prompt"].format(conditions="input > 10 and flag = true")


@pytest.mark.parametrize(("question", "truth", "reply", "values"), list(cases()))
def test_criteria_are_worth_what_a_careful_grader_says(question, truth, reply, values):
    grade = grade_reply(question, reply, truth, prompt_of(question))
    scored = {name: one for name, one in grade.criteria.items() if one.value is not None}
    for (name, one), value in zip(scored.items(), values, strict=True):
        assert one.value == pytest.approx(value, abs=NEAR), (name, one.why)
        assert one.why


CANONICAL = {
    "VL-T3-Q1": SOLVE_X,
    "VL-T3-Q2": RUN_JOB,
    "VL-T3-Q3": PANELS,
    "VL-T3-Q4": GRID,
    "VL-T2-Q3": code_truth("mean_len_minus_one"),
}
NO_ANSWERS = [
    "",
    "   \n",
    "```\n```",
    "...",
    "<think>x = 4, Start -> input > 10? Yes -> flag = true? Yes -> Run job, square",
    "I'm sorry, but I can't help with that.",
    "I cannot see any image. Please upload it again.",
    "I'm unable to view images, but if you describe it I can help.",
    "As an AI text-based model, I can't process images.",
    "Es tut mir leid, ich kann das Bild nicht sehen.",
    "抱歉，我无法查看图片。",
    "Lo siento, no puedo ver la imagen.",
    "asdf qwer zxcv uiop hjkl bnmm qwee rtyu",
]


@pytest.mark.parametrize("question", CANONICAL)
@pytest.mark.parametrize("reply", [*NO_ANSWERS, "PROMPT", "User: PROMPT\nAssistant:"])
def test_what_is_no_answer_earns_nothing(question, reply):
    prompt = prompt_of(question)
    grade = grade_reply(question, reply.replace("PROMPT", prompt), CANONICAL[question], prompt)
    assert grade.score == 1.0
    assert grade.flags


@pytest.mark.parametrize("reply", ["5", "4", "x=4", "x = 4", "195", "Folder.", "■", "📁", "正方形"])
def test_a_short_reply_is_no_fault(reply):
    assert replies.clean(reply, "What does this icon represent?") == (reply, [], True)


CLEANED = [
    ("<think>no</think>x = 4", "x = 4", []),
    ("The answer is 4. " * 30, "The answer is 4.", ["loop"]),
    ("x = 4\n" * 20, "x = 4", ["loop"]),
    ("What is shown? A folder.", "A folder.", ["prompt_echo"]),
    ("Sorry, I can't see it well, but it is a folder.", "it is a folder.", ["refusal"]),
    (
        "1. red circle\n2. red circle\n3. red circle\n4. blue square\n5. blue square",
        "1. red circle\n2. red circle\n3. red circle\n4. blue square\n5. blue square",
        [],
    ),
]


@pytest.mark.parametrize(("reply", "text", "flags"), CLEANED)
def test_a_reply_is_cleaned(reply, text, flags):
    assert replies.clean(reply, "What is shown?") == (text, flags, True)


PLAIN = [
    (r"\[ \frac{8}{2} = 4 \]", "(8)/(2) = 4"),
    (r"$\boxed{x = 4}$", "x = 4"),
    ("**Start** --> `a` ⇒ b", "Start → a → b"),
    ("costs $195.00 and $20", "costs $195.00 and $20"),
    ('```json\n{"x": 4, "steps": ["a", "b"]}\n```', "x: 4\nsteps: a, b"),
    ('{"d": [{"object": "circle", "right": null}]}', "d: \n- object: circle, right: none"),
    ("2x − 5 ≥ 3", "2x - 5 >= 3"),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_marks_are_taken_away(text, expected):
    assert replies.plain(text).strip() == expected


def test_a_judged_criterion_is_left_out_and_the_rest_renormalised():
    grade = grade_reply("VL-T3-Q4", "Square", GRID, prompt_of("VL-T3-Q4"))
    assert grade.criteria["reasoning"].value is None
    assert grade.score == pytest.approx(1 + 4 * 0.4 / 0.8)
    assert grade.weight_scored == pytest.approx(0.8)


def test_nothing_scored_is_null():
    weights = {"reasoning": Weight(0.2, True)}
    assert item_score({"reasoning": Criterion(None, "needs a judge")}, weights) == (None, 0.0)


def test_the_weights_of_each_question_sum_to_one():
    for weights in weights_of().values():
        assert sum(weight.weight for weight in weights.values()) == pytest.approx(1)


@pytest.mark.parametrize("program", programs())
def test_a_program_is_whole_and_a_reply_about_another_gets_nothing_for_its_bug(program):
    truth = code_truth(program)
    compile(truth.code, program, "exec")
    assert "{" not in truth.code
    grade = grade_reply("VL-T2-Q3", "It prints a greeting. No bug.", truth, prompt_of("VL-T2-Q3"))
    assert grade.score == 1.0
    written_off = grade_reply("VL-T2-Q3", truth.code, truth, prompt_of("VL-T2-Q3"))
    assert written_off.criteria["code_reading"].value == 0.5
    assert written_off.criteria["bug_identification"].value == 0.0


def told(one: Difference) -> str:
    if one.kind == "missing":
        return f"The {one.colour} {one.shape} is missing in the right image."
    verb = "is" if one.kind == "colour" else "points"
    return f"The {one.shape} {verb} {one.before} on the left and {one.after} on the right."


@pytest.mark.parametrize("variant", range(1, 40))
def test_a_right_reply_gets_all_points_in_every_variant(variant):
    chart = flowchart.vary(Dice(f"chart {variant}"), variant)
    steps = [chart.start, *(f"{one.text} (Yes)" for one in chart.decisions), chart.end]
    panels = differences.vary(Dice(f"panels {variant}"), variant)
    shapes = grid.vary(Dice(f"grid {variant}"), variant)
    sum_ = equation.vary(Dice(f"equation {variant}"), variant)
    left = f"{sum_.coefficient}{sum_.letter}"
    sign = "-" if sum_.constant < 0 else "+"
    right = {
        "VL-T3-Q1": (
            sum_,
            f"{left} {sign} {abs(sum_.constant)} = {sum_.result}\n"
            f"{left} = {sum_.result - sum_.constant}\n{sum_.letter} = {sum_.solution}",
        ),
        "VL-T3-Q2": (chart, " → ".join(steps)),
        "VL-T3-Q3": (panels, "\n".join(map(told, panels.differences))),
        "VL-T3-Q4": (
            shapes,
            f"A {shapes.answer}: each row and each column holds every shape exactly once.",
        ),
    }
    for question, (truth, reply) in right.items():
        grade = grade_reply(question, reply, truth, prompt_of(question))
        assert grade.score == 5.0, (reply, grade.criteria)


def test_a_way_that_ends_at_a_no_gets_no_points_for_the_path():
    for variant in range(1, 40):
        chart = flowchart.vary(Dice(f"chart {variant}"), variant)
        asked = [f"{one.text} (Yes)" for one in chart.decisions[:-1]]
        last = chart.decisions[-1]
        reply = " → ".join([chart.start, *asked, f"{last.text} (No)", last.if_no])
        grade = grade_reply("VL-T3-Q2", reply, chart, prompt_of("VL-T3-Q2"))
        assert grade.criteria["path"].value == 0.0, reply
