package dev.kawi.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/// The decoders of a `tokenizer.json` one after the other.
///
/// Up to a step that makes one string of all, strings go through the steps one by one. From there
/// on parts of the one string do, as long as the steps can take parts; the first that cannot waits
/// for the end.
final class DecoderChain {
  private final List<DecoderStep> steps;

  DecoderChain(List<DecoderStep> steps) {
    this.steps = List.copyOf(steps);
  }

  /// Whether the text is that of the bytes of the tokens, joined.
  boolean isBytes() {
    return steps.size() == 1 && steps.getFirst() instanceof DecoderStep.ByteLevel;
  }

  /// Decodes a stream of tokens with these texts.
  TextStream stream(IntFunction<String> texts, Set<DecoderStep.Condition> conditions) {
    return new Stream(texts, conditions);
  }

  /// The bytes that a token of this text adds to a text in its middle.
  byte[] bytes(String text) {
    for (DecoderStep step : steps) {
      if (step instanceof DecoderStep.ByteLevel) {
        return DecoderStep.ByteLevel.bytes(text);
      }
      int value = ByteRun.byteValue(text);
      if (step instanceof DecoderStep.ByteFallback && value >= 0) {
        return new byte[] {(byte) value};
      }
      if (step.fuses()) {
        break;
      }
    }
    TextStream stream = stream(id -> text, Set.of(DecoderStep.Condition.CONTINUED));
    return Utf8.bytes(stream.push(0) + stream.finish());
  }

  private final class Stream implements TextStream {
    private final IntFunction<String> texts;
    private final List<DecoderStep.Flow> flows = new ArrayList<>();
    private final List<DecoderStep> last = new ArrayList<>();
    private final StringBuilder out = new StringBuilder();

    private Stream(IntFunction<String> texts, Set<DecoderStep.Condition> conditions) {
      this.texts = texts;
      boolean fused = false;
      for (DecoderStep step : steps) {
        List<DecoderStep.Flow> parts = fused ? step.onFused(conditions) : List.of();
        if (!last.isEmpty() || (fused && parts.isEmpty())) {
          last.add(step);
        } else {
          flows.addAll(fused ? parts : List.of(step.start(conditions)));
          fused |= step.fuses();
        }
      }
      if (!last.isEmpty()) {
        flows.add(new Rest(new DecoderChain(last), conditions));
      }
    }

    private Consumer<String> into(int flow) {
      return flow == flows.size()
          ? out::append
          : token -> flows.get(flow).take(token, into(flow + 1));
    }

    @Override
    public String push(int id) {
      into(0).accept(texts.apply(id));
      return taken();
    }

    @Override
    public String finish() {
      for (int i = 0; i < flows.size(); i++) {
        flows.get(i).end(into(i + 1));
      }
      return taken();
    }

    private String taken() {
      String text = out.toString();
      out.setLength(0);
      return text;
    }
  }

  /// Waits for the whole text, then decodes it as one string.
  private static final class Rest implements DecoderStep.Flow {
    private final DecoderChain chain;
    private final Set<DecoderStep.Condition> conditions;
    private final StringBuilder whole = new StringBuilder();

    private Rest(DecoderChain chain, Set<DecoderStep.Condition> conditions) {
      this.chain = chain;
      this.conditions = conditions;
    }

    @Override
    public void take(String token, Consumer<String> out) {
      whole.append(token);
    }

    @Override
    public void end(Consumer<String> out) {
      TextStream rest = chain.stream(id -> whole.toString(), conditions);
      out.accept(rest.push(0) + rest.finish());
    }
  }
}
