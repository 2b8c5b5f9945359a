package dev.kawi.engine;

import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.CacheSpec;
import dev.kawi.nn.KvCache;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

// How it works. A sequence takes pages as it grows. When a page is full it is entered under its key
// (see PageKey), so that any sequence whose text begins alike uses the same memory: full pages are
// never written again, so they are shared by counting their users. The last, partly filled page is
// entered, too, by its parent's key; who wants its first tokens copies it. A page without users
// stays findable and waits in a list, least recently used first, until somebody needs the room; the
// pages of a sequence enter the list from its tail, since a page without those before it is
// useless.
//
// A group of layers with a window needs only the pages that reach into the window; those behind it
// are given up as the sequence grows. A recurrent group has no pages by position: the state is one
// page of the sequence, and copies of it at chosen borders (snapshots) are entered with the block
// that ends there. A text is found up to the last border at which every group has what it needs.
//
// Memory is taken from the system up to a budget in bytes that all groups share. A group that needs
// a page takes, in this order: one without content, a new one, its own least recently used one, and
// else it makes room by giving back free pages of other groups. With a folder (see SpillFolder),
// the
// content of a page that is taken for something else goes there; a sequence that begins with it has
// it brought back into a free page first.

/// Which sequence uses which pages, and which texts are cached. Owned by the engine's thread.
final class PageManager {
  private final KvCache cache;
  private final List<CacheLayout.Group> groups;
  private final long budget;
  private final int stepTokens;
  private final Optional<SpillFolder> spill;
  private final List<Deque<Page>> blank = new ArrayList<>();
  private final List<Set<Page>> cachedFree = new ArrayList<>();
  private final Map<PageKey, CachedBlock> blocks = new HashMap<>();
  private final Map<PageKey, List<CachedBlock>> children = new HashMap<>();
  private long evictions;
  private int pages;

  /// Without a folder.
  ///
  /// @param budget bytes that pages may take
  /// @param stepTokens tokens that a step computes at most
  PageManager(KvCache cache, long budget, int stepTokens) {
    this(cache, budget, stepTokens, Optional.empty());
  }

  /// @param budget bytes that pages may take
  /// @param stepTokens tokens that a step computes at most
  /// @param spill where cached pages go that are taken for something else
  PageManager(KvCache cache, long budget, int stepTokens, Optional<SpillFolder> spill) {
    this.cache = cache;
    this.groups = cache.layout().groups();
    this.budget = budget;
    this.stepTokens = stepTokens;
    this.spill = spill;
    for (int g = 0; g < groups.size(); g++) {
      blank.add(new ArrayDeque<>());
      cachedFree.add(new LinkedHashSet<>());
    }
  }

  int pageSize() {
    return cache.pageSize();
  }

  int numGroups() {
    return groups.size();
  }

  CacheSpec spec(int group) {
    return groups.get(group).spec();
  }

  boolean isRecurrent(int group) {
    return spec(group) instanceof CacheSpec.State;
  }

  /// Whether any group keeps a recurrent state.
  boolean hasState() {
    return groups.stream().anyMatch(group -> group.spec() instanceof CacheSpec.State);
  }

  KvCache cache() {
    return cache;
  }

  long budget() {
    return budget;
  }

  /// Bytes that a sequence of `tokens` tokens needs at most: with a window, what is in it and what
  /// a step adds; of a recurrent state, the state and a snapshot.
  long bytesFor(int tokens) {
    long bytes = 0;
    for (int g = 0; g < groups.size(); g++) {
      int count =
          switch (spec(g)) {
            case CacheSpec.KeyValues(_, int window) -> pagesFor(tokens, window);
            case CacheSpec.State _ -> 2;
          };
      bytes += count * cache.pageBytes(g);
    }
    return bytes;
  }

  /// Bytes of the keys and values that a running sequence adds for `tokens` more tokens at most.
  long growthFor(int tokens) {
    long bytes = 0;
    for (int g = 0; g < groups.size(); g++) {
      if (spec(g) instanceof CacheSpec.KeyValues(_, int window)) {
        bytes += pagesFor(tokens, window) * cache.pageBytes(g);
      }
    }
    return bytes;
  }

  private int pagesFor(int tokens, int window) {
    int all = Math.ceilDiv(tokens, pageSize());
    return window == 0 ? all : Math.min(all, Math.ceilDiv(window + stepTokens, pageSize()) + 1);
  }

  // ---- memory ----

  /// A page of a group, with one user and undefined content; empty if there is no room.
  Optional<Page> take(int group) {
    Page page = blank.get(group).pollLast();
    if (page == null && cache.bytes() + cache.pageBytes(group) <= budget) {
      page = newPage(group);
    }
    if (page == null) {
      page = evict(group);
    }
    if (page == null && makeRoom(group)) {
      page = newPage(group);
    }
    if (page != null) {
      page.references = 1;
    }
    return Optional.ofNullable(page);
  }

  private Page newPage(int group) {
    pages++;
    return new Page(group, cache.newPage(group));
  }

  /// The least recently used free page of a group, without its content.
  private @Nullable Page evict(int group) {
    Iterator<Page> oldest = cachedFree.get(group).iterator();
    if (!oldest.hasNext()) {
      return null;
    }
    Page page = oldest.next();
    oldest.remove();
    spill.ifPresent(
        folder -> whole(page).ifPresent(key -> folder.offer(key, group, content(page))));
    forget(page);
    evictions++;
    return page;
  }

  /// Gives free pages of other groups back to the system until a page of this group fits.
  private boolean makeRoom(int group) {
    for (int other = 0; other < groups.size(); other++) {
      while (other != group && cache.bytes() + cache.pageBytes(group) > budget) {
        Page page = blank.get(other).pollLast();
        if (page == null) {
          page = evict(other);
        }
        if (page == null) {
          break;
        }
        pages--;
        cache.release(page.memory);
      }
    }
    return cache.bytes() + cache.pageBytes(group) <= budget;
  }

  /// One more user of a page.
  void share(Page page) {
    if (page.references++ == 0) {
      cachedFree.get(page.group).remove(page);
    }
  }

  /// One user less. A page without users keeps its content if that is cached.
  void release(Page page) {
    if (page.references < 1) {
      throw new IllegalStateException("Bug: a page is released that nobody uses");
    }
    if (--page.references == 0) {
      if (page.block == null) {
        blank.get(page.group).addLast(page);
      } else {
        cachedFree.get(page.group).add(page);
      }
    }
  }

  private SpillFolder.Content content(Page page) {
    return new SpillFolder.Content() {
      @Override
      public long byteSize() {
        return cache.pageBytes(page.group);
      }

      @Override
      public void read(long at, ByteBuffer target) {
        cache.read(page.memory, at, target);
      }

      @Override
      public void write(long at, ByteBuffer source) {
        cache.write(page.memory, at, source);
      }
    };
  }

  /// Copies the content of a page into another of the same group.
  void copy(Page from, Page to) {
    cache.copy(from.memory, to.memory);
  }

  /// Fills a page with zeros.
  void clear(Page page) {
    cache.clear(page.memory);
  }

  /// Bytes that could be had without taking anything from a running sequence.
  long available() {
    long free = budget - cache.bytes();
    for (int g = 0; g < groups.size(); g++) {
      free += (blank.get(g).size() + cachedFree.get(g).size()) * cache.pageBytes(g);
    }
    return free;
  }

  // ---- cached texts ----

  Optional<CachedBlock> find(PageKey key) {
    return Optional.ofNullable(blocks.get(key));
  }

  /// The blocks that follow this one.
  List<CachedBlock> following(PageKey parent) {
    return children.getOrDefault(parent, List.of());
  }

  /// Enters a page as the content of its group for these tokens. Does nothing if there is one
  /// already; the page then stays private.
  void enter(PageKey parent, int[] tokens, Page page) {
    PageKey key = parent.chain(tokens, 0, tokens.length);
    CachedBlock block = blocks.get(key);
    if (block == null) {
      block = new CachedBlock(parent, key, tokens, groups.size());
      blocks.put(key, block);
      children.computeIfAbsent(parent, _ -> new ArrayList<>()).add(block);
    }
    if (block.pages[page.group] == null && page.block != block) {
      forget(page);
      block.pages[page.group] = page;
      page.block = block;
    }
  }

  /// The content of a page can no longer be found.
  void forget(Page page) {
    CachedBlock block = page.block;
    if (block == null) {
      return;
    }
    page.block = null;
    block.pages[page.group] = null;
    if (block.isEmpty()) {
      blocks.remove(block.key);
      List<CachedBlock> siblings = children.get(block.parent);
      siblings.remove(block);
      if (siblings.isEmpty()) {
        children.remove(block.parent);
      }
    }
  }

  /// Whether a group has content for this key.
  boolean isCached(PageKey key, int group) {
    CachedBlock block = blocks.get(key);
    return block != null && block.pages[group] != null;
  }

  /// A free page becomes the one that was used last.
  void touch(PageKey key, int group) {
    CachedBlock block = blocks.get(key);
    Page page = block == null ? null : block.pages[group];
    if (page != null && cachedFree.get(group).remove(page)) {
      cachedFree.get(group).add(page);
    }
  }

  /// How many of the first `count` blocks of a text a sequence can go on after: every group must
  /// have what later tokens attend to.
  int usable(int count, Presence presence) {
    int usable = count;
    while (usable > 0 && !isUsable(usable, presence)) {
      usable--;
    }
    return usable;
  }

  private boolean isUsable(int count, Presence presence) {
    for (int g = 0; g < groups.size(); g++) {
      for (int i = firstNeeded(g, count); i < count; i++) {
        if (!presence.has(i, g)) {
          return false;
        }
      }
    }
    return true;
  }

  /// Of which blocks there is content, in a text of blocks.
  interface Presence {
    /// Whether a group has the content of a block.
    boolean has(int block, int group);
  }

  /// The first block whose page of a group a sequence needs that goes on after `count` of them.
  int firstNeeded(int group, int count) {
    return switch (spec(group)) {
      case CacheSpec.KeyValues(_, int window) -> firstAttended(count * pageSize(), window);
      case CacheSpec.State _ -> Math.max(0, count - 1);
    };
  }

  /// The first block that the token at `position` or a later one attends to.
  int firstAttended(int position, int window) {
    return window == 0 ? 0 : Math.max(0, position - window + 1) / pageSize();
  }

  // ---- the folder ----

  /// The key of a cached page that is full; those that are not stay out of the folder.
  private Optional<PageKey> whole(Page page) {
    CachedBlock block = page.block;
    return block == null || block.tokens.length < pageSize()
        ? Optional.empty()
        : Optional.of(block.key);
  }

  /// Whether there is a folder.
  boolean spills() {
    return spill.isPresent();
  }

  /// Whether the folder has content of a group for this key.
  boolean isSpilled(PageKey key, int group) {
    return spill.isPresent() && spill.get().has(key, group);
  }

  /// Brings content back from the folder into a page that is cached and free; false if there is no
  /// room for it or it is not what was written.
  boolean restore(PageKey parent, int[] tokens, int group) {
    Optional<Page> page = spill.isPresent() ? take(group) : Optional.empty();
    if (page.isEmpty()) {
      return false;
    }
    PageKey key = parent.chain(tokens, 0, tokens.length);
    boolean valid = spill.get().read(key, group, content(page.get()));
    if (valid) {
      enter(parent, tokens, page.get());
    }
    release(page.get());
    return valid;
  }

  /// Writes what is cached and free to the folder, as far as that can hold it; what was used last
  /// has precedence.
  void spillCached() {
    if (spill.isPresent()) {
      for (int g = 0; g < groups.size(); g++) {
        List<Page> whole = cachedFree.get(g).stream().filter(p -> whole(p).isPresent()).toList();
        long most = spill.get().room(cache.pageBytes(g));
        for (Page page : whole.subList((int) Math.max(0, whole.size() - most), whole.size())) {
          spill.get().put(whole(page).orElseThrow(), g, content(page));
        }
      }
    }
  }

  // ---- numbers ----

  long spillHits() {
    return spill.map(SpillFolder::hits).orElse(0L);
  }

  long spillWrites() {
    return spill.map(SpillFolder::writes).orElse(0L);
  }

  long spillBytes() {
    return spill.map(SpillFolder::bytes).orElse(0L);
  }

  long evictions() {
    return evictions;
  }

  int cachedPages() {
    return cachedFree.stream().mapToInt(Set::size).sum();
  }

  int usedPages() {
    return pages - cachedPages() - blank.stream().mapToInt(Deque::size).sum();
  }

  long bytes() {
    return cache.bytes();
  }
}
