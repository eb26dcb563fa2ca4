package io.inmesh.server.compile;

import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.ClientTls.Roots;
import io.inmesh.server.config.ConfigMapSpec;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.ResourceKey;

/** The roots that ConfigMaps hold. What cannot be found is never taken for trust in everybody. */
final class TrustedRoots {
  private final ConfigSet config;

  TrustedRoots(ConfigSet config) {
    this.config = config;
  }

  /** The same, with roots that are named put in. */
  ClientTls resolved(ClientTls tls) {
    return tls.roots() instanceof Roots.Named named ? tls.with(find(named)) : tls;
  }

  private Roots find(Roots.Named named) {
    StringBuilder pem = new StringBuilder();
    for (String name : named.names()) {
      String where = "ConfigMap " + named.namespace() + "/" + name;
      ConfigMapSpec found =
          config
              .find(new ResourceKey(Kind.CONFIG_MAP, named.namespace(), name))
              .map(resource -> (ConfigMapSpec) resource.spec())
              .orElse(null);
      if (found == null) {
        return new Roots.Missing("there is no " + where);
      }
      if (found.roots() == null) {
        return new Roots.Missing(where + " has no ca.crt");
      }
      pem.append(found.roots()).append('\n');
    }
    return new Roots.Pem(pem.toString());
  }
}
