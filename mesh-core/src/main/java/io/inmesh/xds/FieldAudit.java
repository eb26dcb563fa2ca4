package io.inmesh.xds;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Visits every populated field of a resource and acts as {@link SupportedFields} says. It reads
 * what is on the wire, where there is nothing but populated fields.
 */
final class FieldAudit {
  private static final int MAX_DEPTH = 64;

  private final CodedInputStream in;
  private final Decoding decoding;

  private FieldAudit(CodedInputStream in, Decoding decoding) {
    this.in = in;
    this.decoding = decoding;
  }

  /** Throws for what is refused, remarks on what has no effect. */
  static void check(Message message, FieldPath path, Decoding decoding) throws Rejection {
    try {
      // Written anew, and so in its shortest form: fields together, none with its default.
      new FieldAudit(message.toByteString().newCodedInput(), decoding)
          .message(MessageTypes.descriptor(message.getClass()), path, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("what was written cannot be read", e);
    }
  }

  private void message(Descriptor type, FieldPath path, int depth) throws Rejection, IOException {
    SupportedFields.@Nullable Rules rules = SupportedFields.of(type);
    if (rules == null) {
      in.skipMessage();
      return;
    }
    if (depth > MAX_DEPTH) {
      throw new Rejection(path, "is nested too deeply");
    }
    @Nullable FieldDescriptor last = null;
    int index = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (field == null || !fits(field, WireFormat.getTagWireType(tag))) {
        unknown(WireFormat.getTagFieldNumber(tag), rules, path);
        in.skipField(tag);
        continue;
      }
      index = field == last ? index + 1 : 0;
      last = field;
      if (judged(field, rules, path, index) && descends(field)) {
        int limit = in.pushLimit(in.readRawVarint32());
        message(field.getMessageType(), at(path, field, index), depth + 1);
        in.popLimit(limit);
      } else {
        in.skipField(tag);
      }
    }
  }

  /** Whether a field has its effect. */
  private boolean judged(
      FieldDescriptor field, SupportedFields.Rules rules, FieldPath path, int index)
      throws Rejection {
    return switch (rules.treatment(field)) {
      case SUPPORTED -> true;
      case IGNORED -> false;
      case WITHOUT_EFFECT -> {
        if (index == 0) {
          decoding.remark(path.field(field.getName()), "is not supported, no effect");
        }
        yield false;
      }
      case REFUSED ->
          throw new Rejection(
              path.field(field.getName()),
              "is not supported, and leaving it out would change where requests go or who may"
                  + " send them");
    };
  }

  private void unknown(int number, SupportedFields.Rules rules, FieldPath path) throws Rejection {
    if (rules.strict()) {
      throw new Rejection(path, "has field number " + number + ", which this version lacks");
    }
    decoding.remark(path, "field number " + number + " is unknown to this version, no effect");
  }

  private static boolean descends(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isMapField();
  }

  private static FieldPath at(FieldPath path, FieldDescriptor field, int index) {
    return field.isRepeated() ? path.field(field.getName(), index) : path.field(field.getName());
  }

  /** Whether a field can be written like this; else it is another version's. */
  private static boolean fits(FieldDescriptor field, int wireType) {
    return wireType == field.getLiteType().getWireType()
        || (wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED && field.isPackable());
  }
}
