package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.ConfigSource;

/** Where resources refer to for other resources: only to the stream they came on. */
final class ConfigSources {
  private ConfigSources() {}

  static void requireAds(boolean set, ConfigSource source, FieldPath path) throws Rejection {
    if (!set || (!source.hasAds() && !source.hasSelf())) {
      throw new Rejection(path.field("config_source"), "must be ads or self");
    }
  }
}
