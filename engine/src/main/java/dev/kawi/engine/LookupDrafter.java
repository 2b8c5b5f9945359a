package dev.kawi.engine;

import java.util.Arrays;

/// Proposes the tokens after an earlier occurrence of the newest ones. Source: "Prompt lookup
/// decoding", A. Saxena 2023.
final class LookupDrafter implements Drafter {
  private static final int LONGEST = 3;

  @Override
  public int[] propose(int[] tokens, int known, int most) {
    for (int length = Math.min(LONGEST, known - 1); length > 0; length--) {
      for (int at = known - length - 1; at >= 0; at--) {
        int after = at + length;
        if (Arrays.equals(tokens, at, after, tokens, known - length, known)) {
          return Arrays.copyOfRange(tokens, after, Math.min(known, after + most));
        }
      }
    }
    return new int[0];
  }
}
