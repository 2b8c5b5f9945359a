package dev.kawi.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.kawi.sample.Sampler;
import dev.kawi.sample.SamplingOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationTest {
  @Test
  void partsThatDoNotFit_areRefusedWithBothNumbers() {
    Explanation e = SyntheticExplanation.sample();
    List<LayerView> shorter = SyntheticExplanation.of(List.of("a"), List.of("b")).layers();
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new Explanation(
                    e.model(),
                    e.architecture(),
                    e.text(),
                    e.tokens(),
                    e.embeddings(),
                    shorter,
                    "",
                    1,
                    e.choices()));
    assertEquals("explain: expected 16 positions of a layer, found 2", error.getMessage());
  }

  @Test
  void raggedAttention_isRefused() {
    float[][][] attention = {{{1}, {1, 0}}};
    assertThrows(
        IllegalArgumentException.class,
        () -> new LayerView(new float[2], attention, List.of(List.of(), List.of())));
  }

  @Test
  void generatedText_joinsWhatTheSamplerChose() {
    assertEquals(" cat looked at the moon.", SyntheticExplanation.sample().generatedText());
  }

  @Test
  void recorder_keepsWhatTheSamplerDid() {
    ChoiceRecorder recorder = new ChoiceRecorder(4, 3, id -> "t" + id);
    Sampler.of(SamplingOptions.builder().seed(1).topK(2).topP(1).minP(0).build())
        .sample(new float[] {0, 5, 4, 1}, recorder);
    ChoiceView choice = recorder.choice();
    assertEquals(4, choice.vocabSize());
    assertEquals(
        List.of("t1", "t2", "t3"), choice.candidates().stream().map(TokenCandidate::text).toList());
    assertEquals(
        List.of("top-k", "temperature"), choice.filters().stream().map(FilterView::name).toList());
    assertEquals(
        List.of("t3", "t0"),
        choice.filters().getFirst().removed().stream().map(TokenCandidate::text).toList());
  }

  @Test
  void recorder_isForOneToken() {
    ChoiceRecorder recorder = new ChoiceRecorder(0, 3, id -> "t" + id);
    assertThrows(IllegalStateException.class, recorder::choice);
  }
}
