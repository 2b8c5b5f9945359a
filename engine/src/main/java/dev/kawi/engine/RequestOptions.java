package dev.kawi.engine;

import java.time.Duration;
import java.util.Optional;

/// How a request of any kind is queued and cached.
///
/// @param user whose request it is; users that wait take turns, whatever number of requests each
///   has
/// @param priority requests of higher priority are admitted first and give their pages up last
/// @param timeLimit from its arrival on; a request that takes longer fails
/// @param cacheSalt only requests with the same salt share cached prefixes
public record RequestOptions(
    String user, int priority, Optional<Duration> timeLimit, String cacheSalt) {
  /// One user, priority 0, no time limit, no salt.
  public static final RequestOptions DEFAULT = new RequestOptions("", 0, Optional.empty(), "");

  /// Checks the time limit.
  public RequestOptions {
    if (timeLimit.filter(limit -> limit.isNegative() || limit.isZero()).isPresent()) {
      throw new IllegalArgumentException(
          "a request's time limit must be positive, found " + timeLimit.get());
    }
  }

  /// With another user.
  public RequestOptions withUser(String other) {
    return new RequestOptions(other, priority, timeLimit, cacheSalt);
  }

  /// With another priority.
  public RequestOptions withPriority(int other) {
    return new RequestOptions(user, other, timeLimit, cacheSalt);
  }

  /// With a time limit.
  public RequestOptions withTimeLimit(Duration limit) {
    return new RequestOptions(user, priority, Optional.of(limit), cacheSalt);
  }

  /// With another salt.
  public RequestOptions withCacheSalt(String salt) {
    return new RequestOptions(user, priority, timeLimit, salt);
  }
}
