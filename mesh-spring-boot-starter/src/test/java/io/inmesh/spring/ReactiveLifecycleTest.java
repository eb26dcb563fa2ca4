package io.inmesh.spring;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.WebApplicationType;

/** {@link WebApplicationTest}, of what differs between web servers. */
class ReactiveLifecycleTest {
  @Test
  @Timeout(60)
  void shutdown_leavesTheMeshBeforeTheWebServerStops() throws Exception {
    try (Shop shop = new Shop()) {
      shop.assertLeavesBeforeItStops(WebApplicationType.REACTIVE);
    }
  }
}
