package io.inmesh.xds;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this client does with each field of xDS. The decoders hold every populated field against
 * this table, and {@code docs/xds-support.md} is generated from it. Fields that are not listed are
 * {@link Treatment#WITHOUT_EFFECT}, or {@link Treatment#REFUSED} in strict messages.
 */
final class SupportedFields {
  /** What happens when a field is populated. */
  enum Treatment {
    /** It has its effect. */
    SUPPORTED,
    /** It does not matter inside a process; nothing is said. */
    IGNORED,
    /** It would matter; the resource is accepted with a remark. */
    WITHOUT_EFFECT,
    /** Leaving it out would change destination or security: the resource is rejected. */
    REFUSED
  }

  /**
   * The treatment of one message's fields. Messages and fields go by their names, so that no class
   * is loaded and no descriptor made but of what arrives: doing so for all of them takes longer
   * than all else a process does before its first call.
   */
  static final class Rules {
    private final String type;
    private final boolean strict;
    private final Map<String, Treatment> listed = new HashMap<>();
    private Treatment unlisted;

    private Rules(String type, boolean strict) {
      this.type = type;
      this.strict = strict;
      unlisted = strict ? Treatment.REFUSED : Treatment.WITHOUT_EFFECT;
    }

    /** Fields that have their effect. */
    Rules supports(String... fields) {
      return list(Treatment.SUPPORTED, fields);
    }

    /** Fields that do not matter here. */
    Rules ignores(String... fields) {
      return list(Treatment.IGNORED, fields);
    }

    /** None of the fields that are not listed matters here. */
    Rules ignoresOthers() {
      unlisted = Treatment.IGNORED;
      return this;
    }

    /** Fields that reject the resource. */
    Rules refuses(String... fields) {
      return list(Treatment.REFUSED, fields);
    }

    /** The full name of the message. */
    String type() {
      return type;
    }

    boolean strict() {
      return strict;
    }

    /** The names that are listed. */
    Set<String> listed() {
      return listed.keySet();
    }

    Treatment treatment(FieldDescriptor field) {
      return listed.getOrDefault(field.getName(), unlisted);
    }

    private Rules list(Treatment treatment, String... fields) {
      for (String name : fields) {
        if (listed.put(name, treatment) != null) {
          throw new IllegalStateException(type + "." + name + " is listed twice");
        }
      }
      return this;
    }
  }

  private static final Map<String, Rules> TABLE = new LinkedHashMap<>();

  static {
    ListenerFields.declare();
    AccessLogFields.declare();
    RouteFields.declare();
    AccessFields.declare();
    FilterFields.declare();
    JwtFields.declare();
    ExternalFields.declare();
    ClusterFields.declare();
    TlsFields.declare();
    ConnectionFields.declare();
    EndpointFields.declare();
  }

  private SupportedFields() {}

  /** Begins the rules of a message whose unlisted fields have no effect. */
  static Rules message(String type) {
    return add(new Rules(type, false));
  }

  /** Begins the rules of a message whose unlisted fields reject the resource. */
  static Rules strictMessage(String type) {
    return add(new Rules(type, true));
  }

  /** The rules of a message; null where nothing is checked. */
  static @Nullable Rules of(Descriptor type) {
    return TABLE.get(type.getFullName());
  }

  /** All rules in the order of the documentation. */
  static Collection<Rules> all() {
    return TABLE.values();
  }

  private static Rules add(Rules rules) {
    if (TABLE.put(rules.type, rules) != null) {
      throw new IllegalStateException(rules.type + " is declared twice");
    }
    return rules;
  }
}
