package io.inmesh.server.config;

import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

/** Kubernetes {@code ConfigMap}: here it holds trusted roots that others name. */
final class ConfigMapSchema {
  private static final ObjectSchema DATA =
      object("ConfigMapData")
          .optional(
              ConfigMapSpec.ROOTS,
              text(new CertificatesFormat()).length(1, CertificatesFormat.MAX_LENGTH),
              "trusted roots")
          .others(text().length(0, CertificatesFormat.MAX_LENGTH));

  static final KindSchema KIND =
      new KindSchema(
          Kind.CONFIG_MAP,
          Formats.DNS_SUBDOMAIN,
          "data",
          DATA,
          (data, namespace) -> new ConfigMapSpec(data.textOrNull(ConfigMapSpec.ROOTS)));

  private ConfigMapSchema() {}
}
