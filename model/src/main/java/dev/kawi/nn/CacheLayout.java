package dev.kawi.nn;

import java.util.ArrayList;
import java.util.List;

/// How the layers of a model are grouped in the cache: layers that keep the same kind of thing lie
/// in the same pages, and a sequence has a list of pages for each group.
public final class CacheLayout {
  /// Layers of one kind.
  ///
  /// @param spec what each of them keeps
  /// @param numLayers how many there are
  public record Group(CacheSpec spec, int numLayers) {}

  private final List<Group> groups;
  private final int[] groupOfLayer;
  private final int[] indexOfLayer;

  private CacheLayout(List<CacheSpec> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a cache layout needs at least one layer, found none");
    }
    List<CacheSpec> specs = layers.stream().distinct().toList();
    int[] counts = new int[specs.size()];
    groupOfLayer = new int[layers.size()];
    indexOfLayer = new int[layers.size()];
    for (int layer = 0; layer < layers.size(); layer++) {
      int group = specs.indexOf(layers.get(layer));
      groupOfLayer[layer] = group;
      indexOfLayer[layer] = counts[group]++;
    }
    List<Group> list = new ArrayList<>();
    for (int g = 0; g < counts.length; g++) {
      list.add(new Group(specs.get(g), counts[g]));
    }
    groups = List.copyOf(list);
  }

  /// The layout of these layers, in order.
  public static CacheLayout of(List<CacheSpec> layers) {
    return new CacheLayout(layers);
  }

  /// The layout of a model's blocks. Blocks that share a layer of the cache count once.
  public static CacheLayout ofBlocks(List<Block> blocks) {
    List<CacheSpec> layers = new ArrayList<>();
    blocks.stream()
        .flatMap(Block::mixers)
        .forEach(mixer -> {
          if (mixer.layer() > layers.size()) {
            throw new IllegalArgumentException(
                "Bug: layer %d of the cache follows layer %d"
                    .formatted(mixer.layer(), layers.size() - 1));
          }
          if (mixer.layer() == layers.size()) {
            layers.add(mixer.cacheSpec());
          }
        });
    return new CacheLayout(layers);
  }

  /// The groups.
  public List<Group> groups() {
    return groups;
  }

  /// Layers of all groups.
  public int numLayers() {
    return groupOfLayer.length;
  }

  /// The group that a layer belongs to.
  public int group(int layer) {
    return groupOfLayer[layer];
  }

  /// The number of a layer within its group.
  public int index(int layer) {
    return indexOfLayer[layer];
  }

  /// What a layer keeps.
  public CacheSpec spec(int layer) {
    return groups.get(groupOfLayer[layer]).spec();
  }
}
