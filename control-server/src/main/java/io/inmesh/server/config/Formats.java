package io.inmesh.server.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms of strings that upstream's field reference and ours use. */
final class Formats {

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern RFC1035 = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern PORT_NAME =
      Pattern.compile("(?=.{0,14}[a-z])[a-z0-9](-?[a-z0-9]){0,14}");
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+\\-.^_`|~]++");
  private static final Pattern ORIGIN_PATTERN =
      Pattern.compile("[a-z][-+.a-z0-9]*://[*A-Za-z0-9.:\\[\\]-]+");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,5}(h|m|s|ms)){1,4}");
  private static final Pattern DURATION_PART = Pattern.compile("([0-9]{1,5})(ms|h|m|s)");
  private static final Pattern SECONDS = Pattern.compile("([0-9]{1,9})\\.([0-9]{1,9})s");
  private static final Pattern OPERATORS =
      Pattern.compile(
          "(?:[^%]++|%%|%(?:(?:REQ|RESP)\\([^()%]+\\)(?::[0-9]{1,5})?|DOWNSTREAM_PEER_URI_SAN"
              + "|DOWNSTREAM_REMOTE_ADDRESS(?:_WITHOUT_PORT)?|UPSTREAM_CLUSTER|ROUTE_NAME"
              + "|RESPONSE_CODE|TRACE_ID)%)*+");
  private static final Pattern V4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");
  private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");
  private static final Pattern LABEL_KEY =
      Pattern.compile("([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?");
  private static final Pattern LABEL_VALUE =
      Pattern.compile("([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?");
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9/\\-._~%!$&'()*+,;=:@]*+");

  static final Format DNS_LABEL =
      Format.of(
          "DNS label",
          "1 to 63 lower case letters, digits or '-', a letter or digit at both ends",
          matches(LABEL));
  static final Format SERVICE_NAME =
      Format.of(
          "service name",
          "1 to 63 lower case letters, digits or '-', beginning with a letter",
          matches(RFC1035));
  static final Format DNS_SUBDOMAIN =
      Format.of(
          "DNS name",
          "lower case labels of letters, digits and '-', joined by '.', at most 253 characters",
          Formats::isSubdomain);
  static final Format HOSTNAME =
      Format.of(
          "host name",
          "a DNS name in lower case, perhaps with '*.' in front, and no port",
          text -> isSubdomain(text.startsWith("*.") ? text.substring(2) : text));
  static final Format PORT_NAME_FORMAT =
      Format.of(
          "port name",
          "1 to 15 lower case letters, digits or single '-', with a letter",
          text -> text.length() <= 15 && PORT_NAME.matcher(text).matches());
  static final Format HEADER_NAME =
      Format.of("header name", "letters, digits or any of !#$%&'*+-.^_`|~", matches(TOKEN));
  static final Format ORIGIN =
      Format.of(
          "origin",
          "`*`, or scheme, host and perhaps port, as in https://www.example.com:8443",
          text -> text.equals("*") || ORIGIN_PATTERN.matcher(text).matches());
  static final Format DURATION_FORMAT =
      Format.of(
          "duration", "for example 250ms, 10s or 1h30m (GEP-2257)", text -> duration(text) != null);

  /** As Istio's kinds write it, which know fractions of seconds, too. */
  static final Format ISTIO_DURATION =
      Format.of(
          "duration", "for example 250ms, 0.5s, 10s or 1h30m", text -> istioDuration(text) != null);

  static final Format IP = Format.of("IP address", "IPv4 or IPv6", Formats::isIp);
  static final Format CIDR =
      Format.of("CIDR", "an IP address, '/' and a length, as in 10.0.0.0/8", Formats::isCidr);
  static final Format ADDRESS =
      Format.of(
          "address",
          "an IP address or a DNS name",
          text -> isIp(text) || (isSubdomain(text) && !endsWithNumber(text)));
  static final Format TIMESTAMP =
      Format.of("time stamp", "for example 2026-01-31T12:00:00Z", Formats::isInstant);
  static final Format LOCALITY =
      Format.of(
          "locality",
          "region, region/zone or region/zone/subzone",
          text -> !text.startsWith("/") && text.chars().filter(c -> c == '/').count() <= 2);
  static final Format HEADER_VALUE =
      Format.of(
          "header value",
          "no control characters",
          text -> text.chars().noneMatch(c -> (c < 0x20 && c != '\t') || c == 0x7f));

  /** A header value in which {@code %} begins one of the operators the callers know. */
  static final Format HEADER_FORMAT =
      Format.of(
          "header value",
          "no control characters, and of Envoy's operators only REQ, RESP, "
              + "DOWNSTREAM_PEER_URI_SAN, DOWNSTREAM_REMOTE_ADDRESS, "
              + "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT, UPSTREAM_CLUSTER, ROUTE_NAME, "
              + "RESPONSE_CODE and TRACE_ID; %% is a percent sign",
          text -> HEADER_VALUE.problem(text) == null && OPERATORS.matcher(text).matches());

  static final Format AUTHORITY =
      Format.of(
          "authority",
          "a DNS name or IP address, perhaps with ':' and a port",
          text -> {
            int colon = text.lastIndexOf(':');
            String host = colon > text.lastIndexOf(']') ? text.substring(0, colon) : text;
            boolean port = host.equals(text) || text.substring(colon + 1).matches("[0-9]{1,5}");
            return port && (isSubdomain(host) || isIp(host.replaceAll("^\\[|]$", "")));
          });
  static final Format BASE64 =
      Format.of(
          "Base64 text",
          "letters, digits, '+', '/' and '=' at the end",
          text -> {
            try {
              return Base64.getDecoder().decode(text) != null;
            } catch (IllegalArgumentException e) {
              return false;
            }
          });
  static final Format GROUP =
      Format.of(
          "API group",
          "a DNS name, or '' for the core group",
          text -> text.isEmpty() || isSubdomain(text));
  static final Format KIND_NAME =
      Format.of(
          "kind", "letters and digits", matches(Pattern.compile("[a-zA-Z][-a-zA-Z0-9]{0,62}")));
  static final Format LABEL_KEY_FORMAT =
      Format.of(
          "label name", "[prefix/]name of letters, digits, '-', '_', '.'", matches(LABEL_KEY));
  static final Format LABEL_VALUE_FORMAT =
      Format.of(
          "label value",
          "at most 63 letters, digits, '-', '_', '.', a letter or digit at both ends",
          matches(LABEL_VALUE));
  static final Format PROTO_SERVICE =
      Format.of(
          "gRPC service name",
          "package.Service",
          matches(Pattern.compile("(?>[A-Za-z_][A-Za-z_0-9]*+\\.)*+[A-Za-z_][A-Za-z_0-9]*+")));
  static final Format PROTO_METHOD =
      Format.of(
          "gRPC method name",
          "letters, digits and '_'",
          matches(Pattern.compile("[A-Za-z_][A-Za-z_0-9]*+")));

  /** A path as Gateway API's CEL rules want it for Exact and PathPrefix. */
  static final Format ABSOLUTE_PATH =
      Format.of(
          "path",
          "to begin with '/', without //, /./, /../, %2f, '?' or '#'",
          text -> PATH.matcher(text).matches() && isNormal(text));

  private Formats() {}

  /** A duration in the form of GEP-2257, or {@code 0.5s}; null if the text is neither. */
  static @Nullable Duration istioDuration(String text) {
    Matcher decimal = SECONDS.matcher(text);
    if (!decimal.matches()) {
      return duration(text);
    }
    String nanos = (decimal.group(2) + "000000000").substring(0, 9);
    return Duration.ofSeconds(Long.parseLong(decimal.group(1)), Long.parseLong(nanos));
  }

  /** A duration in the form of GEP-2257; null if the text is not one. */
  static @Nullable Duration duration(String text) {
    if (text.length() > 32 || !DURATION.matcher(text).matches()) {
      return null;
    }
    Duration sum = Duration.ZERO;
    Matcher part = DURATION_PART.matcher(text);
    while (part.find()) {
      long amount = Long.parseLong(part.group(1));
      sum =
          sum.plus(
              switch (part.group(2)) {
                case "h" -> Duration.ofHours(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "s" -> Duration.ofSeconds(amount);
                default -> Duration.ofMillis(amount);
              });
    }
    return sum;
  }

  private static boolean isCidr(String text) {
    try {
      Network.parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static boolean isIp(String text) {
    return V4.matcher(text).matches() || isIpv6(text);
  }

  private static boolean isIpv6(String text) {
    if (!V6.matcher(text).matches() || text.indexOf(':') < 0) {
      return false;
    }
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return false;
    }
    String[] groups = text.split(":", -1);
    int count = 0;
    for (int i = 0; i < groups.length; i++) {
      String group = groups[i];
      if (group.isEmpty()) {
        boolean atGap =
            gap >= 0 && (i > 0 || gap == 0) && (i < groups.length - 1 || text.endsWith("::"));
        if (!atGap) {
          return false;
        }
      } else if (group.indexOf('.') >= 0) {
        if (i != groups.length - 1 || !V4.matcher(group).matches()) {
          return false;
        }
        count += 2;
      } else if (group.length() > 4) {
        return false;
      } else {
        count++;
      }
    }
    return gap >= 0 ? count < 8 : count == 8;
  }

  static boolean isSubdomain(String text) {
    if (text.isEmpty() || text.length() > 253) {
      return false;
    }
    for (String label : text.split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return true;
  }

  /** Whether the last label is a number, as in an IPv4 address that is none. */
  private static boolean endsWithNumber(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return last.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean isInstant(String text) {
    try {
      Instant.parse(text);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean isNormal(String path) {
    return !path.contains("//")
        && !path.contains("/./")
        && !path.contains("/../")
        && !path.contains("%2f")
        && !path.contains("%2F")
        && !path.endsWith("/.")
        && !path.endsWith("/..");
  }

  private static java.util.function.Predicate<String> matches(Pattern pattern) {
    return text -> text.length() <= 512 && pattern.matcher(text).matches();
  }
}
