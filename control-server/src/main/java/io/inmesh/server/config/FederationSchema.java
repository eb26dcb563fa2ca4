package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fields of MeshDefaults about other trust domains. */
final class FederationSchema {
  static final Schema ALIASES = list(text(Formats.DNS_SUBDOMAIN), 64);

  static final Schema DOMAINS =
      list(
          object("FederatedTrustDomain")
              .required("trustDomain", text(Formats.DNS_SUBDOMAIN), "whose identities are believed")
              .required(
                  "caCertificates",
                  text(new CertificatesFormat()).length(1, CertificatesFormat.MAX_LENGTH),
                  "its roots"),
          64);

  private FederationSchema() {}

  static void check(View defaults, Check check) {
    List<String> own = read(defaults).names(defaults.text("trustDomain"));
    List<View> domains = defaults.objects("federation");
    RouteSchemas.unique(domains, "trustDomain", domain -> domain.text("trustDomain"));
    for (View domain : domains) {
      if (own.contains(domain.text("trustDomain"))) {
        domain.report(
            FindingCode.CONTRADICTION,
            "trustDomain",
            Words.quote(domain.text("trustDomain")) + " is the mesh's own",
            "nobody else speaks for it");
      }
    }
  }

  static FederationSpec read(View defaults) {
    Map<String, String> roots = new TreeMap<>();
    for (View domain : defaults.objects("federation")) {
      roots.put(domain.text("trustDomain"), domain.text("caCertificates"));
    }
    return new FederationSpec(defaults.texts("trustDomainAliases"), roots);
  }
}
