package dev.kawi.model;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.model.random.StorageMix;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.json.JsonMapper;

/// What llama.cpp, or the code of its publisher, computes from a [RandomModel]; `golden/README.md`
/// among the test resources tells how it was made and what the fields mean.
@SuppressWarnings("ArrayRecordComponent") // as Jackson reads it; never compared
record Golden(
    String shape,
    String storage,
    long seed,
    String sha256,
    int[] ids,
    int[][] top,
    int[][] logProbability,
    int[] greedy,
    double llamaCppKld) {

  /// All of them.
  static List<Golden> all() {
    try (InputStream file = Golden.class.getResourceAsStream("/golden/goldens.json.gz")) {
      return List.of(
          new JsonMapper()
              .readValue(new GZIPInputStream(Objects.requireNonNull(file)), Golden[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The model that it speaks of.
  RandomModel model() {
    RandomShape known = RandomShape.named(shape);
    return storage.equals("Q4_K_M")
        ? new RandomModel(known, StorageMix.mediumQ4K(known.numLayers()), seed)
        : new RandomModel(known, StorageType.valueOf(storage), seed);
  }

  /// Whether it has a GELU, which llama.cpp computes through a table of F16.
  boolean hasGelu() {
    return List.of(
            "gpt2",
            "starcoder2",
            "gemma2",
            "gemma3",
            "codeshell",
            "gemma",
            "falcon",
            "starcoder",
            "bloom",
            "gptneox",
            "mpt",
            "phi2")
        .contains(model().shape().architecture());
  }

  /// The largest distance from the reference, among the 20 tokens that it holds for each position.
  ///
  /// @param found log-probabilities (natural, by token id) after each token of the prompt
  double largestDelta(double[][] found) {
    double largest = 0;
    for (int i = 0; i < ids.length; i++) {
      for (int j = 0; j < top[i].length; j++) {
        double delta = Math.abs(found[i][top[i][j]] - reference(i, j));
        largest = Math.max(largest, Double.isNaN(delta) ? Double.POSITIVE_INFINITY : delta);
      }
    }
    return largest;
  }

  /// The mean KL divergence from the reference, over 21 events at each position: the 20 tokens, and
  /// any other.
  double kld(double[][] found) {
    double sum = 0;
    for (int i = 0; i < ids.length; i++) {
      double other = 1;
      double otherFound = 1;
      for (int j = 0; j < top[i].length; j++) {
        double logP = reference(i, j);
        double logQ = found[i][top[i][j]];
        sum += Math.exp(logP) * (logP - logQ);
        other -= Math.exp(logP);
        otherFound -= Math.exp(logQ);
      }
      sum += other * Math.log(other / otherFound);
    }
    return sum / ids.length;
  }

  private double reference(int position, int rank) {
    return logProbability[position][rank] * 1e-5;
  }

  /// Both measures, for a message.
  String compared(double[][] found) {
    return "%s: largest difference %.2g, KL divergence %.2g (llama.cpp %.2g)"
        .formatted(this, largestDelta(found), kld(found), llamaCppKld);
  }

  @Override
  public String toString() {
    return shape + " " + storage;
  }
}
