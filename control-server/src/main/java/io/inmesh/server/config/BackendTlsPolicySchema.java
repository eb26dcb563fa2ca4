package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.BackendTlsPolicySpec.Target;
import io.inmesh.server.config.ClientTls.Mode;
import io.inmesh.server.config.ClientTls.Name;
import io.inmesh.server.config.ClientTls.NameType;
import io.inmesh.server.config.ClientTls.Roots;
import java.util.List;

/** Gateway API {@code BackendTLSPolicy}. */
final class BackendTlsPolicySchema {
  private static final ObjectSchema TARGET =
      object("LocalPolicyTargetReferenceWithSectionName")
          .required("group", text(Formats.GROUP), "that of the kind")
          .required("kind", oneOf("Service", "ServiceEntry"), "what is secured")
          .required("name", text(Formats.DNS_SUBDOMAIN), "in the policy's namespace")
          .optional("sectionName", text(Formats.DNS_LABEL), "the name of one port");

  private static final ObjectSchema CERTIFICATES =
      object("LocalObjectReference")
          .required("group", text(Formats.GROUP), "of the kind")
          .required("kind", text(Formats.KIND_NAME), "ConfigMap")
          .required("name", text(Formats.DNS_SUBDOMAIN), "in the policy's namespace");

  private static final ObjectSchema NAME =
      object("SubjectAltName")
          .required("type", oneOf("Hostname", "URI"), "which of the two")
          .optional("hostname", text(Formats.HOSTNAME).length(1, 253), "")
          .optional("uri", text().length(1, 253), "")
          .rule(
              (name, check) -> {
                String field = field(name);
                if (!name.has(field)) {
                  name.report(
                      FindingCode.CONTRADICTION,
                      "type",
                      "type " + name.text("type") + " needs " + field,
                      "");
                }
              });

  private static final ObjectSchema VALIDATION =
      object("BackendTLSPolicyValidation")
          .optional("caCertificateRefs", list(CERTIFICATES, 8), "ConfigMaps with roots in `ca.crt`")
          .optional("wellKnownCACertificates", oneOf("System"), "the roots of the caller's system")
          .required(
              "hostname",
              text(Formats.HOSTNAME).length(1, 253),
              "in the handshake, and in the certificate unless subjectAltNames says")
          .optional("subjectAltNames", list(NAME, 5), "of which the certificate must have one")
          .rule(
              (validation, check) -> {
                boolean refs = !validation.objects("caCertificateRefs").isEmpty();
                if (refs == validation.has("wellKnownCACertificates")) {
                  validation.report(
                      FindingCode.CONTRADICTION,
                      refs
                          ? "caCertificateRefs and wellKnownCACertificates exclude one another"
                          : "needs caCertificateRefs or wellKnownCACertificates",
                      "");
                }
              });

  private static final ObjectSchema SPEC =
      object("BackendTLSPolicySpec")
          .required("targetRefs", list(TARGET, 1, 16), "what is secured")
          .required("validation", VALIDATION, "who is believed")
          .noEffect("options");

  static final KindSchema KIND =
      new KindSchema(
          Kind.BACKEND_TLS_POLICY, Formats.DNS_SUBDOMAIN, SPEC, BackendTlsPolicySchema::read);

  private BackendTlsPolicySchema() {}

  private static String field(View name) {
    return name.text("type").equals("URI") ? "uri" : "hostname";
  }

  private static Spec read(View spec, String namespace) {
    View validation = spec.object("validation");
    String host = validation.text("hostname");
    List<Name> names =
        validation.objects("subjectAltNames").stream()
            .map(
                name ->
                    new Name(
                        name.text("type").equals("URI") ? NameType.URI : NameType.DNS,
                        name.text(field(name))))
            .toList();
    return new BackendTlsPolicySpec(
        spec.objects("targetRefs").stream()
            .map(
                target ->
                    new Target(
                        RouteSchemas.group(target),
                        target.text("kind"),
                        target.text("name"),
                        target.textOrNull("sectionName"),
                        target.at()))
            .toList(),
        new ClientTls(
            Mode.SIMPLE,
            host,
            names.isEmpty() ? List.of(new Name(NameType.DNS, host)) : names,
            roots(validation, namespace),
            null,
            validation.at()));
  }

  private static Roots roots(View validation, String namespace) {
    List<View> refs = validation.objects("caCertificateRefs");
    for (View ref : refs) {
      if (!RouteSchemas.group(ref).isEmpty() || !ref.text("kind").equals("ConfigMap")) {
        return new Roots.Missing("a " + ref.text("kind") + " cannot hold trusted roots");
      }
    }
    return refs.isEmpty()
        ? new Roots.OfSystem()
        : new Roots.Named(namespace, refs.stream().map(ref -> ref.text("name")).toList());
  }
}
