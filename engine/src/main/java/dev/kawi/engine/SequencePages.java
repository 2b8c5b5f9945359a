package dev.kawi.engine;

import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CacheSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The pages of one sequence: what it found in the cache when it began, what it takes as it grows,
/// and what it enters for others. Owned by the engine's thread.
final class SequencePages {
  /// Tokens between two snapshots of the recurrent state within a long prompt.
  static final int SNAPSHOT_TOKENS = 2048;

  private final PageManager manager;
  private final int pageSize;
  private final BlockTable table;
  private final List<List<@Nullable Page>> pages = new ArrayList<>();

  /// keys.get(i) is the key of what comes before page i.
  private final List<PageKey> keys = new ArrayList<>();

  /// The newest snapshot of each recurrent group, so that it is not taken away.
  private final @Nullable Page[] snapshots;

  /// The states from before a draft.
  private final @Nullable Page[] saved;

  private int computed;
  private boolean snapshotOfAnswer;

  private SequencePages(PageManager manager, PageKey root) {
    this.manager = manager;
    this.pageSize = manager.pageSize();
    this.table = manager.cache().newTable();
    for (int g = 0; g < manager.numGroups(); g++) {
      pages.add(new ArrayList<>());
    }
    keys.add(root);
    snapshots = new Page[manager.numGroups()];
    saved = new Page[manager.numGroups()];
  }

  /// Pages of a sequence that begins with `tokens`, with what is cached of its first `limit`
  /// tokens; empty if there is no room for the copies that this needs.
  ///
  /// @param whole tokens at the beginning that are found together or not at all
  static Optional<SequencePages> begin(
      PageManager manager, PageKey root, int[] tokens, int limit, int whole) {
    SequencePages pages = new SequencePages(manager, root);
    Match match = pages.match(tokens, limit);
    if (match.computed() < whole) {
      match = Match.NONE;
    }
    if (pages.adopt(match)) {
      return Optional.of(pages);
    }
    pages.free();
    SequencePages fresh = new SequencePages(manager, root); // without the copies
    if (fresh.adopt(Match.NONE)) {
      return Optional.of(fresh);
    }
    fresh.free();
    return Optional.empty();
  }

  /// What is cached of a text.
  ///
  /// @param keys of whole blocks
  /// @param tokens of them
  /// @param tail a block whose first tokens follow them
  /// @param tailTokens how many of its tokens
  private record Match(List<PageKey> keys, int tokens, @Nullable CachedBlock tail, int tailTokens) {
    static final Match NONE = new Match(List.of(), 0, null, 0);

    int computed() {
      return tokens + tailTokens;
    }
  }

  private Match match(int[] tokens, int limit) {
    List<PageKey> prefix = prefixKeys(manager, keys.getFirst(), tokens, limit, manager::isCached);
    int usable = manager.usable(prefix.size(), (i, g) -> manager.isCached(prefix.get(i), g));
    Match whole = new Match(prefix.subList(0, usable), usable * pageSize, null, 0);
    return manager.hasState() ? whole : withTail(whole, tokens, limit);
  }

  /// Whether content of a group is there for a key.
  interface Content {
    /// Whether it is.
    boolean has(PageKey key, int group);
  }

  /// The keys of the pages that a text of `limit` tokens fills, up to the first one that lacks what
  /// every later token attends to.
  static List<PageKey> prefixKeys(
      PageManager manager, PageKey root, int[] tokens, int limit, Content content) {
    List<PageKey> keys = new ArrayList<>();
    PageKey key = root;
    for (int at = 0; at + manager.pageSize() <= limit; at += manager.pageSize()) {
      key = key.chain(tokens, at, manager.pageSize());
      for (int g = 0; g < manager.numGroups(); g++) {
        if (manager.spec(g) instanceof CacheSpec.KeyValues(_, int window)
            && window == 0
            && !content.has(key, g)) {
          return keys;
        }
      }
      keys.add(key);
    }
    return keys;
  }

  /// Adds the block that has most tokens in common with what follows the whole ones.
  private Match withTail(Match whole, int[] tokens, int limit) {
    PageKey parent = whole.keys().isEmpty() ? keys.getFirst() : whole.keys().getLast();
    int from = whole.tokens();
    CachedBlock best = null;
    int most = 0;
    for (CachedBlock block : manager.following(parent)) {
      int end = Math.min(limit, from + block.tokens.length);
      int mismatch = Arrays.mismatch(block.tokens, 0, end - from, tokens, from, end);
      int common = mismatch < 0 ? end - from : mismatch;
      if (common > most && isComplete(block)) {
        best = block;
        most = common;
      }
    }
    return new Match(whole.keys(), from, best, most);
  }

  private static boolean isComplete(CachedBlock block) {
    return Arrays.stream(block.pages).allMatch(page -> page != null);
  }

  private boolean adopt(Match match) {
    int count = match.keys().size();
    keys.addAll(match.keys());
    // All are claimed before any is taken, so that taking one cannot evict another.
    for (int g = 0; g < manager.numGroups(); g++) {
      int first = manager.firstNeeded(g, count);
      if (!manager.isRecurrent(g)) {
        for (int i = 0; i < count; i++) {
          append(g, i < first ? null : claim(match.keys().get(i), g));
        }
      } else if (count > 0) {
        snapshots[g] = claim(match.keys().getLast(), g);
      }
    }
    CachedBlock tail = match.tail();
    if (tail != null) {
      for (Page page : tail.pages) {
        manager.share(Objects.requireNonNull(page));
      }
    }
    boolean room = copyStates() && (tail == null || copyTail(tail));
    if (tail != null) {
      for (Page page : tail.pages) {
        if (page != null) {
          manager.release(page);
        }
      }
    }
    computed = match.computed();
    return room;
  }

  private Page claim(PageKey key, int group) {
    Page page = Objects.requireNonNull(manager.find(key).orElseThrow().pages[group]);
    manager.share(page);
    return page;
  }

  private boolean copyStates() {
    for (int g = 0; g < manager.numGroups(); g++) {
      if (manager.isRecurrent(g)) {
        Optional<Page> own = manager.take(g);
        if (own.isEmpty()) {
          return false;
        }
        append(g, own.get());
        Page snapshot = snapshots[g];
        if (snapshot == null) {
          manager.clear(own.get());
        } else {
          manager.copy(snapshot, own.get());
        }
      }
    }
    return true;
  }

  private boolean copyTail(CachedBlock tail) {
    for (int g = 0; g < manager.numGroups(); g++) {
      Optional<Page> own = manager.take(g);
      if (own.isEmpty()) {
        return false;
      }
      manager.copy(Objects.requireNonNull(tail.pages[g]), own.get());
      append(g, own.get());
    }
    return true;
  }

  private void append(int group, @Nullable Page page) {
    pages.get(group).add(page);
    if (page == null) {
      table.skip(group);
    } else {
      table.append(group, page.memory);
    }
  }

  /// A page of a group; of a recurrent one, the state is page 0.
  Page page(int group, int index) {
    return Objects.requireNonNull(pages.get(group).get(index), "Bug: a page was given up");
  }

  /// Tokens whose keys, values and states are here.
  int computed() {
    return computed;
  }

  /// The pages as a step needs them.
  BlockTable table() {
    return table;
  }

  /// Makes room for `tokens` tokens in all; false if there is none, and then what was taken stays.
  boolean reserve(int tokens) {
    int count = Math.ceilDiv(tokens, pageSize);
    for (int g = 0; g < manager.numGroups(); g++) {
      while (!manager.isRecurrent(g) && pages.get(g).size() < count) {
        Optional<Page> page = manager.take(g);
        if (page.isEmpty()) {
          return false;
        }
        append(g, page.get());
      }
    }
    return true;
  }

  /// Keeps a copy of the recurrent states, so that a step whose tokens may be wrong can be taken
  /// back; false if there is no room for it.
  boolean saveStates() {
    for (int g = 0; g < manager.numGroups(); g++) {
      if (manager.isRecurrent(g)) {
        Optional<Page> copy = manager.take(g);
        if (copy.isEmpty()) {
          releaseSaved();
          return false;
        }
        manager.copy(page(g, 0), copy.get());
        saved[g] = copy.get();
      }
    }
    return true;
  }

  /// Puts the saved states back.
  void restoreStates() {
    for (int g = 0; g < saved.length; g++) {
      Page page = saved[g];
      if (page != null) {
        manager.copy(page, page(g, 0));
      }
    }
  }

  /// Gives the saved states up.
  void releaseSaved() {
    for (int g = 0; g < saved.length; g++) {
      Page page = saved[g];
      if (page != null) {
        manager.release(page);
        saved[g] = null;
      }
    }
  }

  /// Tokens up to `end` may be computed in one step, if the step may not pass a border at which a
  /// snapshot is due. A snapshot is due at the last border of the prompt and between, every
  /// [#SNAPSHOT_TOKENS] tokens.
  int stepEnd(int end, int promptLength) {
    if (!manager.hasState()) {
      return end;
    }
    int last = (promptLength - 1) / pageSize * pageSize;
    int next = (computed / SNAPSHOT_TOKENS + 1) * SNAPSHOT_TOKENS;
    int border = computed < last ? Math.min(last, next) : end;
    return Math.min(end, border);
  }

  /// Notes that the first `count` of these tokens are computed, and enters what became full.
  ///
  /// @param promptLength tokens of the prompt; after them each border is worth a snapshot, of which
  ///   the newest is kept
  void computed(int[] tokens, int count, int promptLength) {
    computed = count;
    while (keys.size() <= count / pageSize) {
      int index = keys.size() - 1;
      int[] content = Arrays.copyOfRange(tokens, index * pageSize, (index + 1) * pageSize);
      PageKey parent = keys.get(index);
      enter(index, parent, content);
      keys.add(parent.chain(content, 0, pageSize));
    }
    if (count % pageSize == 0 && isSnapshotDue(count, promptLength)) {
      snapshot(tokens, count, count >= promptLength);
    }
    leaveWindows();
  }

  private boolean isSnapshotDue(int count, int promptLength) {
    int last = (promptLength - 1) / pageSize * pageSize;
    return manager.hasState() && (count >= last || count % SNAPSHOT_TOKENS == 0);
  }

  private void enter(int index, PageKey parent, int[] content) {
    for (int g = 0; g < manager.numGroups(); g++) {
      Page page = manager.isRecurrent(g) ? null : pages.get(g).get(index);
      if (page != null) {
        manager.enter(parent, content, page);
      }
    }
  }

  /// Copies the states; the copies are found by the block that ends here. In an answer each border
  /// gets one, which replaces the one before it. Where there is no room there is no snapshot, and
  /// what it would have held is computed again.
  private void snapshot(int[] tokens, int count, boolean inAnswer) {
    int index = count / pageSize - 1;
    int[] content = Arrays.copyOfRange(tokens, index * pageSize, count);
    for (int g = 0; g < manager.numGroups(); g++) {
      if (manager.isRecurrent(g)) {
        Page copy = inAnswer && snapshotOfAnswer ? reusable(g) : null;
        if (copy == null) {
          copy = manager.take(g).orElse(null);
        }
        if (copy != null) {
          manager.copy(page(g, 0), copy);
          manager.enter(keys.get(index), content, copy);
          replaceSnapshot(g, copy);
        }
      }
    }
    snapshotOfAnswer = inAnswer;
  }

  /// The page of the newest snapshot, if nobody else uses it; its content is forgotten.
  private @Nullable Page reusable(int group) {
    Page page = snapshots[group];
    if (page == null || page.references > 1) {
      return null;
    }
    snapshots[group] = null;
    manager.forget(page);
    return page;
  }

  private void replaceSnapshot(int group, Page page) {
    Page previous = snapshots[group];
    snapshots[group] = page;
    if (previous != null) {
      manager.release(previous);
    }
  }

  /// Gives up the pages that no later token attends to.
  private void leaveWindows() {
    for (int g = 0; g < manager.numGroups(); g++) {
      if (manager.spec(g) instanceof CacheSpec.KeyValues(_, int window) && window > 0) {
        int first = manager.firstAttended(computed, window);
        for (int i = first - 1; i >= 0; i--) {
          Page page = pages.get(g).get(i);
          if (page == null) {
            break;
          }
          manager.release(page);
          pages.get(g).set(i, null);
          table.clear(g, i);
        }
      }
    }
  }

  /// Enters the last, partly filled page for those whose text goes on otherwise.
  void enterTail(int[] tokens) {
    int index = computed / pageSize;
    if (!manager.hasState() && computed % pageSize != 0) {
      enter(index, keys.get(index), Arrays.copyOfRange(tokens, index * pageSize, computed));
    }
  }

  /// Gives all pages up, the last ones first.
  void free() {
    releaseSaved();
    for (int g = 0; g < pages.size(); g++) {
      List<@Nullable Page> ofGroup = pages.get(g);
      for (int i = ofGroup.size() - 1; i >= 0; i--) {
        Page page = ofGroup.get(i);
        if (page != null) {
          manager.release(page);
        }
      }
      ofGroup.clear();
    }
    for (int g = 0; g < snapshots.length; g++) {
      Page snapshot = snapshots[g];
      if (snapshot != null) {
        manager.release(snapshot);
        snapshots[g] = null;
      }
    }
  }
}
