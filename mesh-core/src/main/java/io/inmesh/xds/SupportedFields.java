package io.inmesh.xds;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
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

  /** The treatment of one message's fields. */
  static final class Rules {
    private final Descriptor type;
    private final boolean strict;
    private final Map<FieldDescriptor, Treatment> listed = new HashMap<>();

    private Rules(Descriptor type, boolean strict) {
      this.type = type;
      this.strict = strict;
    }

    /** Fields that have their effect. */
    Rules supports(String... fields) {
      return list(Treatment.SUPPORTED, fields);
    }

    /** Fields that do not matter here. */
    Rules ignores(String... fields) {
      return list(Treatment.IGNORED, fields);
    }

    /** Fields that reject the resource. */
    Rules refuses(String... fields) {
      return list(Treatment.REFUSED, fields);
    }

    Descriptor type() {
      return type;
    }

    boolean strict() {
      return strict;
    }

    Treatment treatment(FieldDescriptor field) {
      Treatment treatment = listed.get(field);
      return treatment != null ? treatment : strict ? Treatment.REFUSED : Treatment.WITHOUT_EFFECT;
    }

    private Rules list(Treatment treatment, String... fields) {
      for (String name : fields) {
        FieldDescriptor field = type.findFieldByName(name);
        if (field == null) {
          throw new IllegalStateException(type.getFullName() + " has no field " + name);
        }
        if (listed.put(field, treatment) != null) {
          throw new IllegalStateException(type.getFullName() + "." + name + " is listed twice");
        }
      }
      return this;
    }
  }

  private static final Map<Descriptor, Rules> TABLE = new LinkedHashMap<>();

  static {
    ListenerFields.declare();
    RouteFields.declare();
    AccessFields.declare();
    FilterFields.declare();
    JwtFields.declare();
    ClusterFields.declare();
    TlsFields.declare();
    ConnectionFields.declare();
    EndpointFields.declare();
  }

  private SupportedFields() {}

  /** Begins the rules of a message whose unlisted fields have no effect. */
  static Rules message(Descriptor type) {
    return add(new Rules(type, false));
  }

  /** Begins the rules of a message whose unlisted fields reject the resource. */
  static Rules strictMessage(Descriptor type) {
    return add(new Rules(type, true));
  }

  /** The rules of a message; null where nothing is checked. */
  static @Nullable Rules of(Descriptor type) {
    return TABLE.get(type);
  }

  /** All rules in the order of the documentation. */
  static Collection<Rules> all() {
    return TABLE.values();
  }

  private static Rules add(Rules rules) {
    if (TABLE.put(rules.type, rules) != null) {
      throw new IllegalStateException(rules.type.getFullName() + " is declared twice");
    }
    return rules;
  }
}
