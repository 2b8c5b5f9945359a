package dev.kawi.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// GBNF as llama.cpp's `grammars/README.md` describes it.
class GbnfTest {
  @Test
  void chessExampleOfLlamaCpp_matchesItsMoves() {
    // grammars/chess.gbnf of llama.cpp.
    Grammar chess =
        Gbnf.compile(
            """
            root   ::= (
                "1. " move " " move "\\n"
                ([1-9] [0-9]? ". " move " " move "\\n")+
            )
            move   ::= (pawn | nonpawn | castle) [+#]?

            # piece type, optional file/rank, optional capture, dest file & rank
            nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
            pawn   ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
            castle ::= "O-O" "-O"?
            """);
    assertTrue(chess.matches("1. e4 e5\n2. Nf3 Nc6\n3. O-O-O exd4+\n"));
    assertFalse(chess.matches("1. e4 e9\n2. Nf3 Nc6\n"));
    assertFalse(chess.matches("1. e4 e5\n"));
  }

  @Test
  void rightAndCentralRecursion_matchNestedText() {
    Grammar nested = Gbnf.compile("root ::= \"(\" root \")\" root | \"\"");
    assertTrue(nested.matches("(()(()))()"));
    assertFalse(nested.matches("(()"));
    assertFalse(nested.matches("())"));
  }

  @Test
  void longRightRecursion_needsNoDepth() {
    Grammar list = Gbnf.compile("root ::= item | item \",\" root\nitem ::= [a-z]+");
    assertTrue(list.matches("a,".repeat(5000) + "z"));
    assertFalse(list.matches("a,".repeat(5000)));
  }

  @Test
  void characters_areCodePoints() {
    Grammar two = Gbnf.compile("root ::= [^a-c\\n]{2} . \"\\u00e9\\x41\\U0001F600\"");
    assertTrue(two.matches("é😀aéA😀"));
    assertFalse(two.matches("éaaéA😀"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          root ::= a           ~ the rule a is used but not defined
          a ::= "x"            ~ the rule root is expected
          root ::= root "a" | "" ~ root begins with itself
          root ::= "a" root    ~ no finite text matches root
          root ::= "a          ~ does not end
          root ::= [a-         ~ does not end
          root ::= ("a"        ~ a ) is expected
          root ::= "a"{3,2}    ~ {m,n} needs m <= n
          root ::= <think>     ~ references to tokens
          root : "a"           ~ line 1, column 6: ::= is expected
          root ::= [z-a]       ~ the wrong way round
          """)
  void malformedGrammars_areRefusedWithTheirPlace(String source, String message) {
    String found = assertThrows(GrammarException.class, () -> Gbnf.compile(source)).getMessage();
    assertTrue(found.contains(message), found);
  }

  @Test
  void hugeBounds_count() {
    Grammar bounded = Gbnf.compile("root ::= ([a-z]{1,1000000} \" \"){2,70000}");
    assertTrue(bounded.matches("abc d "));
    assertFalse(bounded.matches("abc "));
    assertTrue(bounded.matches("ab ".repeat(3000)));
  }

  @Test
  void ambiguousGrammar_staysPolynomial() {
    Grammar s =
        Gbnf.compile("root ::= \"a\" | \"a\" root \"b\" | \"a\" root \"c\" | \"a\" root root");
    assertFalse(s.matches("a".repeat(60) + "d"));
    assertTrue(s.matches("a".repeat(31) + "bc".repeat(15)));
  }

  @Test
  void message_isOneLine() {
    assertEquals(
        1,
        assertThrows(GrammarException.class, () -> Gbnf.compile("root ::= \"a\nb\nc"))
            .getMessage()
            .lines()
            .count());
  }
}
