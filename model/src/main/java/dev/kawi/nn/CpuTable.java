package dev.kawi.nn;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The pages of a sequence as the kernels read them.
final class CpuTable extends BlockTable {
  private final MemorySegment[][] pages;

  CpuTable(CpuCache cache) {
    super(cache);
    pages = new MemorySegment[cache.layout().groups().size()][4];
    for (MemorySegment[] ofGroup : pages) {
      Arrays.fill(ofGroup, MemorySegment.NULL);
    }
  }

  @Override
  protected void set(int group, int index, CachePage page) {
    put(group, index, CpuCache.memory(page));
  }

  @Override
  protected void unset(int group, int index) {
    put(group, index, MemorySegment.NULL);
  }

  private void put(int group, int index, MemorySegment memory) {
    pages[group] = withRoom(pages[group], index);
    pages[group][index] = memory;
  }

  /// That of token t's sequence.
  static CpuTable of(Step step, int t) {
    return (CpuTable) step.table(t);
  }

  /// The pages of a group; entries past [#numPages] mean nothing. Not a copy.
  MemorySegment[] pages(int group) {
    return pages[group];
  }

  /// The page of a position.
  MemorySegment pageOf(int group, int position) {
    return pages[group][position / pageSize()];
  }

  /// The state of a recurrent group.
  MemorySegment state(int group) {
    return pages[group][0];
  }
}
