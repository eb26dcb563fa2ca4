package io.inmesh.balance;

import org.jspecify.annotations.Nullable;

/** The picker of a set of one. */
final class SoleHost implements EndpointPicker {
  private final Host host;

  SoleHost(Host host) {
    this.host = host;
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    return request.admits(host) ? host : null;
  }
}
