package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.ClientTls.Mode;
import io.inmesh.server.config.ClientTls.Name;
import io.inmesh.server.config.ClientTls.Roots;
import java.util.List;

/**
 * Istio's {@code ClientTLSSettings}. Files that it may name are those of a proxy's host; callers
 * here do not read files of theirs because configuration says so.
 */
final class ClientTlsSchema {
  private static final CertificatesFormat CERTIFICATES = new CertificatesFormat();
  private static final List<String> FILES = List.of("clientCertificate", "privateKey", "caCrl");

  static final ObjectSchema SCHEMA =
      object("ClientTLSSettings")
          .required("mode", oneOf("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"), "what is spoken")
          .optional("sni", text(Formats.HOSTNAME).length(1, 253), "in the handshake; else the host")
          .optional(
              "subjectAltNames",
              list(text().length(1, 256), 64),
              "of which the certificate must have one; else the host")
          .optional(
              "caCertificates",
              text().length(1, CertificatesFormat.MAX_LENGTH),
              "the trusted roots in PEM, not a file; else the system's")
          .optional(
              "credentialName",
              text(Formats.DNS_SUBDOMAIN),
              "SIMPLE: a ConfigMap in the rule's namespace with the trusted roots in `ca.crt`;"
                  + " MUTUAL: the certificate that each caller has under this name in its"
                  + " `credentials-dir`")
          .optional("clientCertificate", text(), "a file, refused")
          .optional("privateKey", text(), "a file, refused")
          .optional("caCrl", text(), "a file, refused")
          .optional("insecureSkipVerify", BooleanSchema.BOOLEAN, "false", "true is refused")
          .rule((tls, check) -> check(tls));

  private ClientTlsSchema() {}

  private static void check(View tls) {
    for (String field : FILES) {
      if (tls.has(field)) {
        file(tls, field);
      }
    }
    if (tls.has("caCertificates")) {
      String certificates = tls.text("caCertificates");
      String problem = CERTIFICATES.problem(certificates);
      if (!CertificatesFormat.isMeant(certificates)) {
        file(tls, "caCertificates");
      } else if (problem != null) {
        tls.report(FindingCode.BAD_FORMAT, "caCertificates", problem, "");
      }
    }
    if (tls.flag("insecureSkipVerify")) {
      tls.report(
          FindingCode.PEER_NOT_VERIFIED,
          "insecureSkipVerify",
          "whoever answers would be believed",
          "name the trusted roots in caCertificates or credentialName");
    }
    boolean mutual = tls.text("mode").equals("MUTUAL");
    if (mutual && !tls.has("credentialName") && FILES.stream().noneMatch(tls::has)) {
      tls.report(
          FindingCode.CONTRADICTION,
          "mode",
          "MUTUAL needs credentialName",
          "callers have the certificate in a directory of that name in their credentials-dir");
    }
    if (mutual) {
      tls.report(
          FindingCode.TLS_NOT_FOR_GRPC,
          "mode",
          "stock gRPC has the mesh's certificate alone: its calls fail",
          "");
    }
    if (!mutual && tls.has("caCertificates") && tls.has("credentialName")) {
      tls.report(
          FindingCode.CONTRADICTION,
          "credentialName",
          "caCertificates and credentialName exclude one another",
          "");
    }
  }

  private static void file(View tls, String field) {
    tls.report(
        FindingCode.FILE_REFERENCE,
        field,
        "names a file of the callers' hosts, which configuration may not have them read",
        "put trusted roots here in PEM, or into a ConfigMap that credentialName names");
  }

  static ClientTls read(View tls, String namespace) {
    String credential = tls.textOrNull("credentialName");
    String certificates = tls.textOrNull("caCertificates");
    boolean mutual = tls.text("mode").equals("MUTUAL");
    return new ClientTls(
        Mode.valueOf(tls.text("mode")),
        tls.textOrNull("sni"),
        tls.texts("subjectAltNames").stream().map(Name::of).toList(),
        certificates != null
            ? new Roots.Pem(certificates)
            : mutual
                ? new Roots.OfCredential()
                : credential != null
                    ? new Roots.Named(namespace, List.of(credential))
                    : new Roots.OfSystem(),
        mutual ? credential : null,
        tls.at());
  }
}
