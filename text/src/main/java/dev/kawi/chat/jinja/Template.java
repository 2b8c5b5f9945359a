package dev.kawi.chat.jinja;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A parsed template. Immutable; may be rendered by many threads at once.
public final class Template {
  private final List<Stmt> statements;

  private Template(List<Stmt> statements) {
    this.statements = statements;
  }

  /// What a rendering gives: the text and the ranges of it, as pairs of UTF-16 offsets, that
  /// `generation` blocks wrote.
  public record Output(Text text, List<int[]> generated) {}

  /// Parses a template.
  ///
  /// @throws JinjaException when it is not Jinja
  public static Template parse(String source) {
    try {
      return new Template(Parser.parse(source));
    } catch (StackOverflowError e) {
      throw JinjaException.limit("the template is nested too deeply for the stack of this thread");
    }
  }

  /// Renders the template.
  ///
  /// @param variables strings, numbers, booleans, nulls, and lists and maps of these
  /// @param now what `strftime_now` shows
  /// @throws JinjaException when the template fails
  public Output render(Map<String, ? extends @Nullable Object> variables, LocalDateTime now) {
    Rendering rendering = new Rendering(now);
    try {
      Renderer renderer = new Renderer(rendering, Inputs.scope(variables));
      Text text = renderer.render(statements);
      return new Output(text, renderer.generated());
    } catch (JinjaException e) {
      throw e.at(rendering.line);
    } catch (StackOverflowError e) {
      throw JinjaException.limit("the template nests too deeply for the stack of this thread")
          .at(rendering.line);
    }
  }
}
