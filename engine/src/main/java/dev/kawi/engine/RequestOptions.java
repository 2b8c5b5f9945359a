package dev.kawi.engine;

import dev.kawi.nn.Adapter;
import java.time.Duration;
import java.util.Optional;

/// How a request of any kind is queued, cached and computed.
///
/// @param user whose request it is; users that wait take turns, whatever number of requests each
///   has
/// @param priority requests of higher priority are admitted first and give their pages up last
/// @param timeLimit from its arrival on; a request that takes longer fails
/// @param cacheSalt only requests with the same salt share cached prefixes
/// @param adapter what the model is changed by; [Adapter#NONE] for the model as it is
public record RequestOptions(
    String user, int priority, Optional<Duration> timeLimit, String cacheSalt, Adapter adapter) {
  /// One user, priority 0, no time limit, no salt, no adapter.
  public static final RequestOptions DEFAULT =
      new RequestOptions("", 0, Optional.empty(), "", Adapter.NONE);

  /// Checks the time limit.
  public RequestOptions {
    if (timeLimit.filter(limit -> limit.isNegative() || limit.isZero()).isPresent()) {
      throw new IllegalArgumentException(
          "a request's time limit must be positive, found " + timeLimit.get());
    }
  }

  /// With another user.
  public RequestOptions withUser(String other) {
    return new RequestOptions(other, priority, timeLimit, cacheSalt, adapter);
  }

  /// With another priority.
  public RequestOptions withPriority(int other) {
    return new RequestOptions(user, other, timeLimit, cacheSalt, adapter);
  }

  /// With a time limit.
  public RequestOptions withTimeLimit(Duration limit) {
    return new RequestOptions(user, priority, Optional.of(limit), cacheSalt, adapter);
  }

  /// With another salt.
  public RequestOptions withCacheSalt(String salt) {
    return new RequestOptions(user, priority, timeLimit, salt, adapter);
  }

  /// With the model changed by an adapter; several at once are a sum ([Adapter#sum]).
  public RequestOptions withAdapter(Adapter other) {
    return new RequestOptions(user, priority, timeLimit, cacheSalt, other);
  }
}
