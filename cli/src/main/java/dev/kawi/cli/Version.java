package dev.kawi.cli;

import dev.kawi.home.KawiVersion;
import picocli.CommandLine.IVersionProvider;

/// What `--version` prints.
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"kawi " + KawiVersion.number()};
  }
}
