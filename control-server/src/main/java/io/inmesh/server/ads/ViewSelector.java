package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.List;

/**
 * Which variants of resources a client sees. A view is a small enumerated key, such as a capability
 * class or a namespace, never the client itself: clients with equal views share bytes. Called once
 * per stream; must be thread-safe and quick.
 */
@FunctionalInterface
public interface ViewSelector {
  /** Everyone sees the default view. */
  ViewSelector DEFAULT = node -> List.of(ResourceStore.DEFAULT_VIEW);

  /**
   * The views of a client, most specific first: under each name it gets the content of the first
   * view that has any. Leave {@link ResourceStore#DEFAULT_VIEW} out to hide what is meant for
   * others, for example from a wildcard subscriber.
   */
  List<String> views(Node node);
}
