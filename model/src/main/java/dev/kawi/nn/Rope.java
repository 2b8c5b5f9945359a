package dev.kawi.nn;

import java.util.List;

/// Rotary position embedding: pairs of elements of each head are rotated by position x frequency.
/// Source: arXiv 2104.09864. Immutable; compared by identity, so that layers can share tables.
public final class Rope {
  /// Which elements of the first `dims` of a head form pairs.
  public enum Layout {
    /// Neighbours: (2i, 2i + 1), as Llama files in GGUF have it.
    NORMAL,
    /// Halves: (i, i + dims / 2), as GPT-NeoX and Hugging Face have it.
    NEOX
  }

  /// What counts as the position of a token.
  public enum Axis {
    /// Its place in the sequence.
    SEQUENCE,
    /// Its place in the sequence's [BidirectionalSpan]; of tokens after it, that of the mask.
    CONTEXT,
    /// 0 in the sequence's [BidirectionalSpan], and 1, 2, ... after it.
    SPAN,
    /// Its place in time: for text its place in the sequence (M-RoPE, arXiv 2409.12191).
    TIME,
    /// Its row in an image; for text its place in the sequence.
    HEIGHT,
    /// Its column in an image; for text its place in the sequence.
    WIDTH
  }

  private final Layout layout;
  private final int dims;
  private final double[] frequencies;
  private final float magnitude;
  private final List<Axis> axes;
  private final List<Axis> sections;

  /// Rotates the first `2 * frequencies.length` elements of each head.
  ///
  /// @param frequencies radians per position of each pair
  /// @param magnitude factor on the rotated elements (YaRN's and LongRoPE's attention factor; else
  ///   1)
  public Rope(Layout layout, double[] frequencies, float magnitude) {
    this(layout, frequencies, magnitude, List.of(Axis.SEQUENCE));
  }

  /// The same for heads with several axes: head h goes by axis h modulo their number. A head of two
  /// axes is rotated as two heads. Source: arXiv 2103.10360, section 2.1.
  public Rope(Layout layout, double[] frequencies, float magnitude, List<Axis> axes) {
    this(layout, frequencies, magnitude, axes, List.of());
  }

  private Rope(
      Layout layout, double[] frequencies, float magnitude, List<Axis> axes, List<Axis> sections) {
    this.layout = layout;
    this.dims = 2 * frequencies.length;
    this.frequencies = frequencies.clone();
    this.magnitude = magnitude;
    this.axes = List.copyOf(axes);
    this.sections = List.copyOf(sections);
    if (!sections.isEmpty() && sections.size() != frequencies.length) {
      throw new IllegalArgumentException(
          "a rope of %d pairs has sections of %d; each pair needs an axis"
              .formatted(frequencies.length, sections.size()));
    }
  }

  /// The same where each pair of a head has an axis of its own (M-RoPE). Source: arXiv 2409.12191.
  ///
  /// @param axisOfPair the axis by which each pair is rotated
  public Rope withSections(List<Axis> axisOfPair) {
    return new Rope(layout, frequencies, magnitude, axes, axisOfPair);
  }

  /// The same with another magnitude.
  public Rope withMagnitude(float other) {
    return new Rope(layout, frequencies, other, axes, sections);
  }

  /// Which elements form pairs.
  public Layout layout() {
    return layout;
  }

  /// Elements of a head that are rotated; the rest stay.
  public int dims() {
    return dims;
  }

  /// What counts as the position for a pair of this head.
  public Axis axis(int head, int pair) {
    return sections.isEmpty() ? axes.get(head % axes.size()) : sections.get(pair);
  }

  /// Whether pairs of one head may be rotated by different positions.
  boolean hasSections() {
    return !sections.isEmpty();
  }

  /// Writes cos and sin (times the magnitude) of a position, one entry per pair.
  public void angles(int position, float[] cos, float[] sin, int at) {
    for (int i = 0; i < frequencies.length; i++) {
      double angle = position * frequencies[i];
      cos[at + i] = (float) (StrictMath.cos(angle) * magnitude);
      sin[at + i] = (float) (StrictMath.sin(angle) * magnitude);
    }
  }
}
