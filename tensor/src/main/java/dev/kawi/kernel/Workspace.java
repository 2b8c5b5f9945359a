package dev.kawi.kernel;

import dev.kawi.kernel.x86.CodeMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Memory that one worker of the team may write while it runs a kernel. It grows to the largest
/// need so far and is then reused.
public final class Workspace {
  private final AttentionJob attention = new AttentionJob();
  private final DeltaJob delta = new DeltaJob();
  private final float[] lanes = new float[Kernels.LANES];
  private float[] panel = new float[0];
  private MemorySegment panelSegment = MemorySegment.ofArray(panel);
  private float[] scores = new float[0];
  private @Nullable CodeMemory codeMemory;
  private @Nullable Panel blockPanel;
  private @Nullable Row row;
  private float[] values = new float[0];

  /// What the vector tier unpacks a block of sixteen rows into.
  static final class Panel {
    final float[] levels = new float[RoundedRows.BLOCK * Kernels.GROUP_ROWS];
    final float[] scales = new float[Kernels.GROUP_ROWS];
    final float[] mins = new float[Kernels.GROUP_ROWS];
    final float[] sums = new float[TOKENS * Kernels.GROUP_ROWS];
    final int[] rounded = new int[RoundedRows.BLOCK];

    /// Tokens that share an unpacked block.
    static final int TOKENS = 64;
  }

  /// What the vector tier makes of one row of rounded activations (see [VectorRow]), and what it
  /// notes of sixteen rows of weights.
  static final class Row {
    final int cols;
    final float[] even;
    final float[] odd;
    final int[] starts;
    final int[] corrections;
    final float[] scales;
    final float[] scaledSums;
    final float[] subScales;
    final float[] subMins;
    final float[] wholes;

    Row(int cols) {
      this.cols = cols;
      int chunks = cols / VectorRow.CHUNK;
      even = new float[4 * chunks];
      odd = new float[4 * chunks];
      starts = new int[chunks];
      corrections = new int[chunks];
      scales = new float[chunks];
      scaledSums = new float[chunks];
      subScales = new float[cols];
      subMins = new float[cols];
      wholes = new float[cols];
    }
  }

  /// Memory that grows on first use.
  public Workspace() {}

  /// The attention job of this worker, filled anew for each call.
  public AttentionJob attention() {
    return attention;
  }

  /// The job of a gated delta rule of this worker, filled anew for each call.
  public DeltaJob delta() {
    return delta;
  }

  /// Where this worker hands arguments to generated code.
  CodeMemory codeMemory() {
    if (codeMemory == null) {
      codeMemory = new CodeMemory();
    }
    return codeMemory;
  }

  /// Room for an unpacked block.
  Panel blockPanel() {
    if (blockPanel == null) {
      blockPanel = new Panel();
    }
    return blockPanel;
  }

  /// Room for one row of `cols` rounded activations.
  Row row(int cols) {
    if (row == null || row.cols < cols) {
      row = new Row(cols);
    }
    return row;
  }

  /// The partial sums of one reduction.
  float[] lanes() {
    return lanes;
  }

  /// At least `size` floats for dequantized weights.
  float[] panel(int size) {
    if (panel.length < size) {
      panel = new float[size];
      panelSegment = MemorySegment.ofArray(panel);
    }
    return panel;
  }

  /// The same memory as [#panel], as a segment.
  MemorySegment panelSegment() {
    return panelSegment;
  }

  /// At least `size` floats for attention scores.
  float[] scores(int size) {
    if (scores.length < size) {
      scores = new float[Math.max(size, scores.length * 2)];
    }
    return scores;
  }

  /// At least `size` floats for sums of values.
  float[] values(int size) {
    if (values.length < size) {
      values = new float[size];
    }
    return values;
  }
}
