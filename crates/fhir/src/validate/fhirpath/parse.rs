//! The grammar of FHIRPath: operators by how tightly they bind.

use super::lex::{Token, words};

/// Deeper expressions are not read, nor longer ones: each word may be one step deeper when it is evaluated.
const DEEPEST: usize = 64;
const LONGEST: usize = 1_000;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// `$this`.
    This,
    /// `$index`.
    Index,
    /// `{}`.
    Empty,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// `true`, `false`.
    Bool(bool),
    /// A date, a time or both.
    Date(String),
    /// A number with its unit.
    Quantity(f64, String),
    /// `%name`.
    Variable(String),
    /// The children of this name, or what is of this type.
    Name(String),
    /// A function of what comes before.
    Call(String, Vec<Expr>),
    /// What comes after the dot, of what comes before.
    Dot(Box<Expr>, Box<Expr>),
    /// One of many, by its place.
    At(Box<Expr>, Box<Expr>),
    /// The opposite of a number.
    Minus(Box<Expr>),
    /// An operator.
    Binary(Op, Box<Expr>, Box<Expr>),
    /// `is` and `as` a type.
    Type(bool, Box<Expr>, String),
}

/// Operators between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Implies,
    Or,
    Xor,
    And,
    In,
    Contains,
    Equal,
    Equivalent,
    Differs,
    NotEquivalent,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Union,
    Plus,
    Minus,
    Join,
    Times,
    Divide,
    Div,
    Mod,
}

/// `is` and `as` bind between the union and the sums.
const TYPES: u8 = 8;

/// Tighter than any operator.
const TIGHTEST: u8 = 11;

impl Op {
    fn of(token: &Token) -> Option<(Self, u8)> {
        let word = match token {
            Token::Name(name, false) => name.as_str(),
            Token::Sign(sign) => sign,
            _ => return None,
        };
        Some(match word {
            "implies" => (Self::Implies, 1),
            "or" => (Self::Or, 2),
            "xor" => (Self::Xor, 2),
            "and" => (Self::And, 3),
            "in" => (Self::In, 4),
            "contains" => (Self::Contains, 4),
            "=" => (Self::Equal, 5),
            "~" => (Self::Equivalent, 5),
            "!=" => (Self::Differs, 5),
            "!~" => (Self::NotEquivalent, 5),
            "<" => (Self::Less, 6),
            ">" => (Self::Greater, 6),
            "<=" => (Self::AtMost, 6),
            ">=" => (Self::AtLeast, 6),
            "|" => (Self::Union, 7),
            "+" => (Self::Plus, 9),
            "-" => (Self::Minus, 9),
            "&" => (Self::Join, 9),
            "*" => (Self::Times, 10),
            "/" => (Self::Divide, 10),
            "div" => (Self::Div, 10),
            "mod" => (Self::Mod, 10),
            _ => return None,
        })
    }
}

/// Reads an expression; none when it is not one.
pub(super) fn parse(text: &str) -> Option<Expr> {
    let words = words(text).filter(|words| words.len() <= LONGEST)?;
    let mut parser = Parser { words, at: 0, depth: 0 };
    let whole = parser.expression(0)?;
    parser.peek().is_none().then_some(whole)
}

struct Parser {
    words: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.words.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(sign)) if *sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn expression(&mut self, least: u8) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.operand()?;
        while let Some(word) = self.peek() {
            if let Token::Name(name, false) = word
                && matches!(name.as_str(), "is" | "as")
                && TYPES > least
            {
                let is = name == "is";
                self.at += 1;
                left = Expr::Type(is, Box::new(left), self.type_name()?);
                continue;
            }
            let Some((op, power)) = Op::of(word).filter(|(_, power)| *power > least) else { break };
            self.at += 1;
            let right = self.expression(power)?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Some(left)
    }

    fn operand(&mut self) -> Option<Expr> {
        if self.sign("-") {
            return Some(Expr::Minus(Box::new(self.expression(TIGHTEST)?)));
        }
        if self.sign("+") {
            return self.expression(TIGHTEST);
        }
        let mut term = self.term()?;
        loop {
            if self.sign(".") {
                let Some(Token::Name(name, _)) = self.next() else { return None };
                term = Expr::Dot(Box::new(term), Box::new(self.member(name)?));
            } else if self.sign("[") {
                let place = self.expression(0)?;
                self.sign("]").then_some(())?;
                term = Expr::At(Box::new(term), Box::new(place));
            } else {
                return Some(term);
            }
        }
    }

    fn term(&mut self) -> Option<Expr> {
        Some(match self.next()? {
            Token::Text(text) => Expr::Text(text),
            Token::Number(number) => self.quantity(number),
            Token::Date(date) => Expr::Date(date),
            Token::Variable(name) => Expr::Variable(name),
            Token::Special(name) => match name.as_str() {
                "this" => Expr::This,
                "index" => Expr::Index,
                _ => return None,
            },
            Token::Name(name, false) if name == "true" || name == "false" => Expr::Bool(name == "true"),
            Token::Name(name, _) => self.member(name)?,
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                self.sign(")").then_some(inner)?
            }
            Token::Sign("{") => self.sign("}").then_some(Expr::Empty)?,
            Token::Sign(_) => return None,
        })
    }

    fn quantity(&mut self, number: f64) -> Expr {
        match self.peek() {
            Some(Token::Text(unit)) => {
                let unit = unit.clone();
                self.at += 1;
                Expr::Quantity(number, unit)
            }
            _ => Expr::Number(number),
        }
    }

    fn member(&mut self, name: String) -> Option<Expr> {
        if !self.sign("(") {
            return Some(Expr::Name(name));
        }
        let mut arguments = Vec::new();
        while !self.sign(")") {
            if !arguments.is_empty() && !self.sign(",") {
                return None;
            }
            arguments.push(self.expression(0)?);
        }
        Some(Expr::Call(name, arguments))
    }

    fn type_name(&mut self) -> Option<String> {
        let Some(Token::Name(mut name, _)) = self.next() else { return None };
        while self.sign(".") {
            let Some(Token::Name(next, _)) = self.next() else { return None };
            name = next;
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_bind_as_the_grammar_says() {
        for (one, two) in [
            ("a or b and c", "a or (b and c)"),
            ("a implies b or c", "a implies (b or c)"),
            ("a = b | c", "a = (b | c)"),
            ("a + b * c.d[0]", "a + (b * (c.d[0]))"),
            ("a is FHIR.Patient = true", "(a is Patient) = true"),
            ("a & b in c | d", "(a & b) in (c | d)"),
        ] {
            assert!(parse(one).is_some() && parse(one) == parse(two), "{one}");
        }
    }

    #[test]
    fn reads_names_that_are_keywords() {
        assert!(parse("text.`div`.exists()").is_some());
        assert!(parse("expansion.contains.where(as(canonical) = '#')").is_some());
        assert!(parse("contains.is(String) // why\n and true").is_some());
    }

    #[test]
    fn refuses_what_is_no_expression() {
        for bad in ["", "a b", "a.", "(a", "a[0", "f(a b)", "'a", "a ? b", "$total", "a..b"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        assert!(parse(&"(".repeat(1_000)).is_none());
        assert!(parse(&"-".repeat(100_000)).is_none());
        assert!(parse(&["a"; 100_000].join(".")).is_none());
    }
}
