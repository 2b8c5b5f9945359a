package dev.kawi.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A statement, with the line it is on.
sealed interface Stmt {
  int line();

  record Data(Text text, int line) implements Stmt {}

  record Print(Expr value, int line) implements Stmt {}

  record For(
      Target target,
      Expr iterable,
      @Nullable Expr test,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise,
      int line)
      implements Stmt {}

  record If(List<Branch> branches, List<Stmt> otherwise, int line) implements Stmt {}

  /// A condition and what it guards.
  record Branch(Expr test, List<Stmt> body) {}

  record Set(Target target, Expr value, int line) implements Stmt {}

  record SetBlock(Target target, List<Expr.FilterCall> filters, List<Stmt> body, int line)
      implements Stmt {}

  record With(List<Binding> bindings, List<Stmt> body, int line) implements Stmt {}

  /// A target and its value in `with`.
  record Binding(Target target, Expr value) {}

  record Macro(String name, Signature signature, List<Stmt> body, int line) implements Stmt {}

  record CallBlock(Expr.Call call, Signature signature, List<Stmt> body, int line)
      implements Stmt {}

  record FilterBlock(List<Expr.FilterCall> filters, List<Stmt> body, int line) implements Stmt {}

  /// `autoescape`, whose setting does nothing here, and any other plain scope.
  record Scoped(List<Stmt> body, int line) implements Stmt {}

  /// `block`: with one template there is nothing to override, so it renders in place, seeing only
  /// top-level variables unless `scoped`.
  record Block(String name, boolean scoped, List<Stmt> body, int line) implements Stmt {}

  /// Hugging Face's `generation`: the text that the assistant wrote.
  record Generation(List<Stmt> body, int line) implements Stmt {}

  record Break(int line) implements Stmt {}

  record Continue(int line) implements Stmt {}

  /// `include`, `import`, `extends`: a chat template is one file.
  record NeedsLoader(String tag, int line) implements Stmt {}

  /// The parameters of a macro; `defaults` belong to the last of them. The flags say whether the
  /// body mentions `caller`, `varargs`, `kwargs`.
  record Signature(
      List<String> names,
      List<Expr> defaults,
      boolean usesCaller,
      boolean usesVarargs,
      boolean usesKwargs) {}

  /// What can be assigned to.
  sealed interface Target {
    record Variable(String name) implements Target {}

    record Member(String namespace, String name) implements Target {}

    record Unpack(List<Target> parts) implements Target {}
  }
}
