package io.inmesh.server.config;

import io.inmesh.model.IpLiteral;
import java.net.InetAddress;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms of values in authorization policies. */
final class AuthorizationFormats {

  private static final List<String> KEYS =
      List.of(
          "source.ip",
          "remote.ip",
          "source.namespace",
          "source.principal",
          "source.serviceAccount",
          "source.trustDomain",
          "request.auth.principal",
          "request.auth.audiences",
          "request.auth.presenter",
          "destination.ip",
          "destination.port",
          "connection.sni");
  private static final Pattern HEADER_KEY =
      Pattern.compile("request\\.headers\\[[A-Za-z0-9!#$%&'*+\\-.^_`|~:]{1,256}]");
  private static final Pattern CLAIM_KEY =
      Pattern.compile("request\\.auth\\.claims(\\[[^\\[\\]]{1,256}]){1,8}");
  private static final Pattern FILTER_KEY =
      Pattern.compile("experimental\\.envoy\\.filters\\.[A-Za-z0-9_.]{1,128}\\[[^\\[\\]]{1,256}]");

  /** {@code *}, {@code prefix*}, {@code *suffix} or a plain value. */
  static final Format VALUE =
      Format.of(
          "value",
          "a value that is not empty, with '*' only at one end",
          text ->
              !text.isEmpty()
                  && (text.equals("*") || text.length() < 2 || stars(text) == 0 || oneEnd(text)));

  static final Format PORT = Format.of("port", "1 to 65535", AuthorizationFormats::isPort);

  static final Format CIDR =
      Format.of(
          "IP block", "an IP address, or a network as 10.0.0.0/8", AuthorizationFormats::isCidr);

  static final Format PATH =
      Format.of(
          "path",
          "exact, with '*' at one end, or with segments {*} and at last {**}",
          text -> isTemplate(text) || (text.indexOf('{') < 0 && VALUE.problem(text) == null));

  static final Format KEY =
      new Format() {
        @Override
        public String name() {
          return "attribute";
        }

        @Override
        public FindingCode code() {
          return FindingCode.NOT_ALLOWED;
        }

        @Override
        public @Nullable String problem(String text) {
          boolean known =
              KEYS.contains(text)
                  || HEADER_KEY.matcher(text).matches()
                  || CLAIM_KEY.matcher(text).matches()
                  || FILTER_KEY.matcher(text).matches();
          return known ? null : "unknown attribute " + Words.quote(text) + "; " + hint(text);
        }
      };

  private AuthorizationFormats() {}

  private static String hint(String text) {
    if (text.startsWith("request.headers")) {
      return "expected request.headers[name]";
    }
    return text.startsWith("request.auth.claims")
        ? "expected request.auth.claims[name]"
        : Words.suggest(text, KEYS);
  }

  /** The form of the values of an attribute. */
  static Format of(String key) {
    return switch (key) {
      case "source.ip", "remote.ip", "destination.ip" -> CIDR;
      case "destination.port" -> PORT;
      default -> VALUE;
    };
  }

  private static long stars(String text) {
    return text.chars().filter(c -> c == '*').count();
  }

  private static boolean oneEnd(String text) {
    return stars(text) == 1 && (text.startsWith("*") || text.endsWith("*"));
  }

  private static boolean isPort(String text) {
    if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return false;
    }
    int port = Integer.parseInt(text);
    return port >= 1 && port <= 65_535;
  }

  private static boolean isCidr(String text) {
    int slash = text.indexOf('/');
    InetAddress network = IpLiteral.parse(slash < 0 ? text : text.substring(0, slash));
    if (network == null || slash < 0) {
      return network != null;
    }
    String bits = text.substring(slash + 1);
    return bits.matches("[0-9]{1,3}") && Integer.parseInt(bits) <= network.getAddress().length * 8;
  }

  /** Whole segments of {@code {*}}, and {@code {**}} as the last. */
  private static boolean isTemplate(String text) {
    if (!text.startsWith("/") || text.indexOf('{') < 0 || text.length() > 250) {
      return false;
    }
    String[] segments = text.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      boolean operator = segments[i].equals("{*}") || (last && segments[i].equals("{**}"));
      if (!operator && segments[i].matches(".*[*{}].*")) {
        return false;
      }
    }
    return true;
  }
}
