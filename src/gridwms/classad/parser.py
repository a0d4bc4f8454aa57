"""Tokens to a tree. Precedence as measured on HTCondor 25.14; `?:` binds like a postfix there."""

from __future__ import annotations

from typing import NoReturn

from gridwms.classad.ad import ClassAd, Place
from gridwms.classad.fresh_stack import with_fresh_stack
from gridwms.classad.lexer import Kind, Token, tokenize
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.text import fold
from gridwms.classad.time_text import literal_time
from gridwms.classad.tree import (
    Binary,
    Call,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Literal,
    Reference,
    Unary,
)
from gridwms.classad.values import ERROR, INTEGER_MAX, INTEGER_MIN, UNDEFINED, Scalar

LEVELS = {
    **dict.fromkeys(("*", "/", "%"), 10),
    **dict.fromkeys(("+", "-"), 9),
    **dict.fromkeys(("<<", ">>", ">>>"), 8),
    **dict.fromkeys(("<", "<=", ">", ">="), 7),
    **dict.fromkeys(("==", "!=", "=?=", "=!="), 6),
    "&": 5,
    "^": 4,
    "|": 3,
    "&&": 2,
    "||": 1,
}
WORD_OPERATORS = {"is": "=?=", "isnt": "=!="}
WORDS: dict[str, Scalar] = {"true": True, "false": False, "undefined": UNDEFINED, "error": ERROR}
_ENDS = frozenset(";,]}")
_BRACKETS = frozenset("({[")
RESERVED = {*WORDS, *WORD_OPERATORS}

# HTCondor 25.14 stops at 500; a bracket of any kind counts 3, a unary operator 1.
DEPTH_LIMIT = 500
BRACKET_DEPTH = 3
# Far more than a job description or a resource needs; whoever reads large collections may ask for more.
TOKEN_LIMIT = 120_000


class Parser:
    """Reads one text. `compat` accepts and refuses what HTCondor's daemons do."""

    def __init__(self, text: str, tokens: list[Token], *, compat: bool = False) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.compat = compat
        # Where whole_ad() puts what is wrong; without, the first mistake is raised.
        self.collector: list[ClassAdSyntaxError] | None = None
        self.problems: list[ClassAdSyntaxError] | None = None

    # -- tokens

    def fail(self, expected: str) -> NoReturn:
        raise self.unexpected(expected)

    def unexpected(self, expected: str) -> ClassAdSyntaxError:
        token = self.tokens[self.at]
        if token.kind is Kind.BAD:
            return ClassAdSyntaxError(token.line, token.column, token.text, expected, f"found {token.text}")
        found = "the end of the text" if token.kind is Kind.END else f"'{self.text[token.offset : token.end]}'"
        if len(found) > 60:
            found = found[:56] + "...'"
        return ClassAdSyntaxError(token.line, token.column, found, expected)

    def operator(self) -> str:
        token = self.tokens[self.at]
        return token.text if token.kind is Kind.OPERATOR else ""

    def accept(self, operator: str) -> bool:
        token = self.tokens[self.at]
        if token.kind is Kind.OPERATOR and token.text == operator:
            self.at += 1
            return True
        return False

    def expect(self, operator: str, after: str) -> None:
        if not self.accept(operator):
            self.fail(f"'{operator}' {after}")

    def expect_end(self) -> None:
        if self.tokens[self.at].kind is not Kind.END:
            self.fail("the end of the text")

    def deeper(self, levels: int) -> None:
        self.depth += levels
        if self.depth > DEPTH_LIMIT:
            token = self.tokens[self.at]
            raise ClassAdSyntaxError(
                token.line, token.column, "deeper nesting", "at most 500 levels", "the nesting is too deep"
            )

    # -- expressions

    def expression(self, after: str = "") -> Expr:
        """A full expression; `after` says what came before it, for the error message."""
        token = self.tokens[self.at]
        if token.kind is Kind.STRING or token.kind is Kind.NAME:  # then something follows, if only the end
            follows = self.tokens[self.at + 1]
            if follows.kind is Kind.OPERATOR and follows.text in _ENDS:
                # Nearly everything that is published is a plain string, and most of a DAG plain names.
                if token.kind is Kind.NAME:
                    return self.named(after)
                self.at += 1
                return Literal(token.text, token.line, token.column)
        test = self.binary(1, after)
        if self.operator() != "?":
            return test
        token = self.tokens[self.at]
        self.at += 1
        self.deeper(1)
        yes = self.expression("after '?'")
        self.expect(":", "of the '?' before")
        no = self.expression("after ':'")
        self.depth -= 1
        return Conditional(test, yes, no, token.line, token.column)

    def binary(self, lowest: int, after: str) -> Expr:
        tokens = self.tokens
        token = tokens[self.at]
        # Straight to the operand unless an operator stands before it: nesting costs stack.
        if token.kind is Kind.OPERATOR and token.text in Unary.OPERATORS:
            left = self.unary(after)
        else:
            left = self.postfix(after)
        while True:
            token = tokens[self.at]
            if token.kind is Kind.OPERATOR:
                operator = token.text
            elif token.kind is Kind.NAME:
                operator = WORD_OPERATORS.get(token.text.lower(), "")
            else:
                return left
            level = LEVELS.get(operator, 0)
            if level < lowest:
                return left
            self.at += 1
            right = self.binary(level + 1, f"after '{token.text}'")
            left = Binary(operator, left, right, token.line, token.column)

    def unary(self, after: str) -> Expr:
        token = self.tokens[self.at]
        if token.kind is not Kind.OPERATOR or token.text not in Unary.OPERATORS:
            return self.postfix(after)
        if (minus := self.negative_number()) is not None:
            return self.postfix(after, negative=minus)
        self.at += 1
        self.deeper(1)
        operand = self.unary(f"after '{token.text}'")
        self.depth -= 1
        return Unary(token.text, operand, token.line, token.column)

    def postfix(self, after: str, negative: Token | None = None) -> Expr:
        token = self.tokens[self.at]
        result: Expr
        if negative is not None:
            result = self.number(negative)
        elif token.kind is Kind.OPERATOR and token.text in _BRACKETS:
            # Not through primary(): nesting costs stack.
            bracket = token.text
            result = self.group() if bracket == "(" else self.list_expression() if bracket == "{" else self.record()
        else:
            result = self.primary(after)
        while True:
            token = self.tokens[self.at]
            if token.kind is not Kind.OPERATOR:
                return result
            if token.text == ".":
                self.at += 1
                result = Reference(result, self.name("after '.'"), False, token.line, token.column)
            elif token.text == "[":
                self.at += 1
                self.deeper(BRACKET_DEPTH)
                index = self.expression("after '['")
                self.expect("]", "after the index")
                self.depth -= BRACKET_DEPTH
                result = Index(result, index, token.line, token.column)
            elif token.text == "?:" or (token.text == "?" and self.colon_follows(token)):
                self.at += 1 if token.text == "?:" else 2
                self.deeper(1)
                minus = self.negative_number()
                right = self.postfix("after '?:'", negative=minus)
                self.depth -= 1
                return Binary("?:", result, right, token.line, token.column)
            else:
                return result

    def colon_follows(self, question: Token) -> bool:
        """`? :` with nothing but blanks between is `?:`."""
        colon = self.tokens[self.at + 1]
        between = self.text[question.end : colon.offset]
        return colon.kind is Kind.OPERATOR and colon.text == ":" and not between.strip(" \t\n\v\f\r")

    def negative_number(self) -> Token | None:
        """Step over a minus that belongs to the literal behind it."""
        token = self.tokens[self.at]
        if token.kind is Kind.OPERATOR and token.text == "-":
            number = self.tokens[self.at + 1]
            if number.kind in (Kind.INTEGER, Kind.REAL) and number.offset == token.end:
                self.at += 1
                return token
        return None

    def number(self, negative: Token | None = None) -> Literal:
        token = self.tokens[self.at]
        self.at += 1
        place = negative or token
        if token.kind is Kind.REAL:
            real = float(token.text)
            return Literal(-real if negative else real, place.line, place.column)
        hexadecimal = token.text[1:2] in ("x", "X")
        # More digits than any 64-bit number has are refused before int() sees them.
        value = int(token.text, 16 if hexadecimal else 10) if len(token.text) < 1000 else INTEGER_MAX + 2
        value = -value if negative else value
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            self.at -= 1
            self.fail("an integer that fits 64 bits")
        return Literal(value, place.line, place.column)

    def primary(self, after: str) -> Expr:
        token = self.tokens[self.at]
        kind = token.kind
        if kind is Kind.NAME or kind is Kind.QUOTED_NAME:
            return self.named(after)
        if kind is Kind.STRING:
            return Literal(self.string(), token.line, token.column)
        if kind is Kind.INTEGER or kind is Kind.REAL:
            return self.number()
        if kind is Kind.OPERATOR and token.text == ".":
            self.at += 1
            return Reference(None, self.name("after '.'"), True, token.line, token.column)
        raise self.unexpected(f"an expression {after}".rstrip())

    def group(self) -> Group:
        token = self.tokens[self.at]
        self.at += 1
        self.deeper(BRACKET_DEPTH)
        inner = self.expression("after '('")
        self.expect(")", f"for the '(' in line {token.line}, column {token.column}")
        self.depth -= BRACKET_DEPTH
        return Group(inner, token.line, token.column)

    def string(self) -> str:
        """Adjacent strings are one string."""
        parts = [self.tokens[self.at].text]
        self.at += 1
        while self.tokens[self.at].kind is Kind.STRING:
            parts.append(self.tokens[self.at].text)
            self.at += 1
        return "".join(parts)

    def name(self, after: str) -> str:
        token = self.tokens[self.at]
        if token.kind is Kind.NAME and token.text.lower() not in RESERVED:
            self.at += 1
            return token.text
        if token.kind is Kind.QUOTED_NAME:
            parts = []
            while self.tokens[self.at].kind is Kind.QUOTED_NAME:
                parts.append(self.tokens[self.at].text)
                self.at += 1
            return "".join(parts)
        raise self.unexpected(f"a name {after}")

    def named(self, after: str) -> Expr:
        token = self.tokens[self.at]
        if token.kind is Kind.NAME:
            folded = token.text.lower()
            if folded in WORDS:
                self.at += 1
                return Literal(WORDS[folded], token.line, token.column)
            if folded in WORD_OPERATORS:
                self.fail(f"an expression {after}".rstrip())
        name = self.name(after)
        if self.operator() != "(":
            return Reference(None, name, False, token.line, token.column)
        self.at += 1
        self.deeper(BRACKET_DEPTH)
        arguments: list[Expr] = []
        if not self.accept(")"):
            arguments.append(self.expression(f"as argument of {name}"))
            while self.accept(",") or (self.compat and self.accept(";")):
                arguments.append(self.expression(f"as argument of {name}"))
            self.expect(")", f"after the arguments of {name}")
        self.depth -= BRACKET_DEPTH
        return self.time_literal(token, name, arguments)

    def time_literal(self, token: Token, name: str, arguments: list[Expr]) -> Expr:
        """absTime("...") and relTime("...") of a constant text are constants; a bad text is a syntax error."""
        folded = fold(name)
        if folded in ("abstime", "reltime") and len(arguments) == 1 and isinstance(arguments[0], Literal):
            text = arguments[0].value
            if isinstance(text, str):
                value = literal_time(folded, text)
                if value is None:
                    message = f'{name}("{text}"): this is no {"date" if folded == "abstime" else "span of time"}'
                    raise ClassAdSyntaxError(token.line, token.column, f'"{text}"', "a time", message)
                if value is not UNDEFINED:
                    return Literal(value, token.line, token.column)
        return Call(name, tuple(arguments), token.line, token.column)

    def list_expression(self) -> ListExpression:
        token = self.tokens[self.at]
        self.at += 1
        self.deeper(BRACKET_DEPTH)
        items: list[Expr] = []
        if not self.accept("}"):
            items.append(self.expression("after '{'"))
            while self.accept(","):
                items.append(self.expression("after ','"))
            self.expect("}", "or ',' in the list")
        self.depth -= BRACKET_DEPTH
        return ListExpression(tuple(items), token.line, token.column)

    # -- whole texts

    def whole_expression(self, *, semicolons: bool = True) -> Expr:
        self.at, self.depth = 0, BRACKET_DEPTH
        result = self.expression()
        while semicolons and self.accept(";"):
            pass
        self.expect_end()
        return result

    def whole_ad(self, *, bare: bool) -> ClassAd:
        self.at = self.depth = 0
        if self.collector is not None:
            self.collector.clear()
        self.problems = self.collector
        if bare and self.operator() != "[":
            return self.attributes(self.tokens[0], closing="")
        problems = self.problems
        result = self.record()
        while self.accept(";"):
            pass
        try:
            self.expect_end()
        except ClassAdSyntaxError as problem:
            if problems is None:
                raise
            problems.append(problem)
        return result

    # -- ads

    def record(self) -> ClassAd:
        token = self.tokens[self.at]
        self.expect("[", "at the start of an ad")
        self.deeper(BRACKET_DEPTH)
        result = self.attributes(token, closing="]")
        self.depth -= BRACKET_DEPTH
        return result

    def attributes(self, start: Token, closing: str) -> ClassAd:
        """`name = expression` separated by `;` up to the closing bracket, or up to the end of the text."""
        items: list[tuple[str, Expr]] = []
        places: dict[str, Place] = {}
        # Only the outermost ad collects problems, so that one mistake gives one message.
        collector, self.problems = self.problems, None
        while True:
            while self.accept(";"):
                pass
            if self.closed(closing):
                break
            if collector and self.tokens[self.at].kind is Kind.END:
                break  # the missing bracket has been reported, or hides behind an earlier mistake
            first, depth = self.at, self.depth
            try:
                token = self.tokens[self.at]
                name = self.name("of an attribute")
                if not name:
                    self.at = first
                    self.fail("a name of an attribute that is not empty")
                self.expect("=", f"after the name {name}")
                value = self.expression("after '='")
                items.append((name, value))
                places[fold(name)] = (token.line, token.column)
                if not self.accept(";"):
                    if self.closed(closing):
                        break
                    self.fail("';' or ']' after the expression" if closing else "';' after the expression")
            except ClassAdSyntaxError as problem:
                if collector is None:
                    raise
                collector.append(problem)
                self.depth = depth
                self.skip_to_next_attribute(first, closing)
        return ClassAd(items, places=places, line=start.line, column=start.column)

    def closed(self, closing: str) -> bool:
        if closing:
            return self.accept(closing)
        return self.tokens[self.at].kind is Kind.END

    def skip_to_next_attribute(self, first: int, closing: str) -> None:
        """Go on behind the next `;` of this ad, so that later mistakes are reported too."""
        open_brackets: list[str] = []
        position = first
        while (token := self.tokens[position]).kind is not Kind.END:
            if token.kind is Kind.OPERATOR:
                if token.text in "([{":
                    open_brackets.append(token.text)
                elif token.text in ")]}":
                    if not open_brackets and token.text == closing and position >= self.at:
                        break
                    if open_brackets:
                        open_brackets.pop()
                elif token.text == ";" and position >= self.at:
                    # A `;` where it cannot stand ends the attribute too: a bracket before it was not closed.
                    unclosed = position == self.at and "[" not in open_brackets
                    if unclosed or not open_brackets:
                        break
            position += 1
        self.at = position


def parser_for(
    text: str, *, jdl: bool = False, compat: bool = False, lines: bool = False, limit: int = TOKEN_LIMIT
) -> Parser:
    tokens = tokenize(text, jdl=jdl, compat=compat, lines=lines, limit=limit)
    if len(tokens) > limit:
        last = tokens[-1]
        raise ClassAdSyntaxError(last.line, last.column, "more text", f"at most {limit} words", "the text is too long")
    return Parser(text, tokens, compat=compat)


def parse_expression(text: str, *, compat: bool = False) -> Expr:
    """One expression. Semicolons behind it are let pass, as HTCondor 25.14 does."""
    parser = parser_for(text, compat=compat, lines=True)
    return with_fresh_stack(parser.whole_expression)


def parse_eval(text: str, *, compat: bool = False) -> Expr:
    """The text of eval(): one expression and nothing behind it."""
    parser = parser_for(text, compat=compat)
    return with_fresh_stack(lambda: parser.whole_expression(semicolons=False))


def parse_ad(text: str, *, jdl: bool = False, compat: bool = False, limit: int = TOKEN_LIMIT) -> ClassAd:
    """One ad `[a = 1; b = 2]` of at most `limit` tokens.

    jdl: lines whose first non-blank is `#` are comments and the enclosing brackets may be missing (gLite).
    """
    parser = parser_for(text, jdl=jdl, compat=compat, limit=limit)
    return with_fresh_stack(lambda: parser.whole_ad(bare=jdl))


def parse_ad_tolerant(
    text: str, *, jdl: bool = True, limit: int = TOKEN_LIMIT
) -> tuple[ClassAd, list[ClassAdSyntaxError]]:
    """The ad as far as it can be read, and everything that is wrong in the text, in the order of the text."""
    try:
        parser = parser_for(text, jdl=jdl, limit=limit)
    except ClassAdSyntaxError as problem:
        return ClassAd(), [problem]
    problems: list[ClassAdSyntaxError] = []
    parser.collector = problems
    try:
        ad = with_fresh_stack(lambda: parser.whole_ad(bare=jdl))
    except ClassAdSyntaxError as problem:
        return ClassAd(), [*problems, problem]
    return ad, problems
