package dev.kawi.nn;

import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.Native;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;

/// The weights in the form that a tier of kernels reads. A matrix is packed when it is first used;
/// the pages of the mapped file that it was read from are then given back, so that it takes its
/// memory once.
final class PackedWeights implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final IdentityHashMap<Matrix, PackedMatrix> packed = new IdentityHashMap<>();
  private final Kernels kernels;
  private final ThreadTeam team;

  PackedWeights(Kernels kernels, ThreadTeam team) {
    this.kernels = kernels;
    this.team = team;
  }

  /// The matrix as the kernels read it.
  PackedMatrix of(Matrix matrix) {
    PackedMatrix known = packed.get(matrix);
    if (known == null) {
      known = kernels.packs(matrix.type()) ? pack(matrix) : PackedMatrix.stored(matrix);
      packed.put(matrix, known);
    }
    return known;
  }

  private PackedMatrix pack(Matrix matrix) {
    long bytes = PackedMatrix.packedBytes(matrix);
    MemorySegment memory =
        Native.isAvailable() ? Native.allocatePages(arena, bytes) : arena.allocate(bytes, 64);
    int groups = Math.toIntExact(PackedMatrix.groups(matrix));
    team.run(
        groups,
        1,
        (from, to, worker) -> kernels.pack(matrix, memory, from, to, team.workspace(worker)));
    if (Native.isAvailable()) {
      Native.dropPages(matrix.data());
    }
    return new PackedMatrix(matrix, memory);
  }

  @Override
  public void close() {
    arena.close();
  }
}
