package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.inmesh.xds.SupportedFields.Treatment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SupportedFieldsTest {
  /** Messages whose contents decoders read themselves or that carry no policy. */
  private static final List<String> LEAVES =
      List.of("google.protobuf.", "envoy.type.matcher.v3.RegexMatcher.GoogleRE2");

  @Test
  void everyMessageBelowASupportedField_isInTheTable() {
    Set<Descriptor> known = new HashSet<>();
    SupportedFields.all().forEach(rules -> known.add(SupportDocument.descriptor(rules)));
    List<String> missing = new ArrayList<>();
    for (SupportedFields.Rules rules : SupportedFields.all()) {
      for (FieldDescriptor field : SupportDocument.descriptor(rules).getFields()) {
        if (rules.treatment(field) == Treatment.SUPPORTED
            && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && !field.isMapField()
            && LEAVES.stream().noneMatch(field.getMessageType().getFullName()::startsWith)
            && !known.contains(field.getMessageType())) {
          missing.add(field.getFullName() + " -> " + field.getMessageType().getFullName());
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everyListedName_isAField() {
    for (SupportedFields.Rules rules : SupportedFields.all()) {
      assertThat(SupportDocument.descriptor(rules).getFields())
          .as(rules.type())
          .extracting(FieldDescriptor::getName)
          .containsAll(rules.listed());
    }
  }

  @Test
  void names_areThoseOfTheClasses() {
    for (SupportedFields.Rules rules : SupportedFields.all()) {
      Message prototype = SupportDocument.prototype(rules);
      assertThat(rules.type())
          .isEqualTo(prototype.getDescriptorForType().getFullName())
          .isEqualTo(MessageTypes.name(prototype.getClass()));
    }
  }

  @Test
  void fieldOfAnotherWireType_isAnotherVersions() {
    RouteMatch match =
        RouteMatch.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        RouteMatch.PREFIX_FIELD_NUMBER,
                        UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    assertThatThrownBy(
            () -> FieldAudit.check(match, FieldPath.ROOT, new Decoding(KnownFilters.NONE)))
        .isInstanceOf(Rejection.class)
        .hasMessageContaining("which this version lacks");
  }

  @Test
  void typeUrls_areThoseOfTheMessages() {
    for (ResourceKind<?> kind : ResourceKind.ALL) {
      assertThat(kind.typeUrl())
          .endsWith("/" + kind.prototype().getDescriptorForType().getFullName());
    }
  }

  @Test
  void everyFieldOfTheTable_actsAsItSays() {
    for (SupportedFields.Rules rules : SupportedFields.all()) {
      for (FieldDescriptor field : SupportDocument.descriptor(rules).getFields()) {
        Message message = populated(rules, field);
        Decoding decoding = new Decoding(KnownFilters.NONE);
        Rejection rejection = null;
        try {
          FieldAudit.check(message, FieldPath.ROOT, decoding);
        } catch (Rejection thrown) {
          rejection = thrown;
        }
        switch (rules.treatment(field)) {
          case SUPPORTED, IGNORED -> {
            assertThat(rejection).as(field.getFullName()).isNull();
            assertThat(decoding.remarks()).as(field.getFullName()).isEmpty();
          }
          case WITHOUT_EFFECT -> {
            assertThat(rejection).as(field.getFullName()).isNull();
            assertThat(decoding.remarks())
                .as(field.getFullName())
                .singleElement()
                .satisfies(remark -> assertThat(remark.path()).isEqualTo(field.getName()));
          }
          case REFUSED -> {
            assertThat(rejection).as(field.getFullName()).isNotNull();
            assertThat(Objects.requireNonNull(rejection).path()).isEqualTo(field.getName());
          }
        }
      }
    }
  }

  private static Message populated(SupportedFields.Rules rules, FieldDescriptor field) {
    Message.Builder message = SupportDocument.prototype(rules).newBuilderForType();
    Object value =
        switch (field.getJavaType()) {
          case INT -> 7;
          case LONG -> 7L;
          case FLOAT -> 7f;
          case DOUBLE -> 7d;
          case BOOLEAN -> true;
          case STRING -> "x";
          case BYTE_STRING -> com.google.protobuf.ByteString.copyFromUtf8("x");
          case ENUM ->
              field.getEnumType().getValues().get(field.getEnumType().getValues().size() - 1);
          case MESSAGE -> message.newBuilderForField(field).build();
        };
    if (field.isRepeated()) {
      message.addRepeatedField(field, value);
    } else {
      message.setField(field, value);
    }
    return message.build();
  }

  @Test
  void fieldsOfALaterVersion_areRemarkedOn_andRefusedWhereTheyMayNarrowAMatch() throws Rejection {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(4711, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    Decoded<EndpointsResource> decoded =
        ResourceKind.ENDPOINTS.decode(
            ClusterLoadAssignment.newBuilder().setClusterName("c").setUnknownFields(later).build(),
            KnownFilters.NONE);
    assertThat(decoded.remarks())
        .containsExactly(
            new Remark("(resource)", "field number 4711 is unknown to this version, no effect"));

    RouteConfiguration.Builder routes = Protos.routes("r", "c").toBuilder();
    routes
        .getVirtualHostsBuilder(0)
        .getRoutesBuilder(0)
        .setMatch(RouteMatch.newBuilder().setPrefix("/").setUnknownFields(later));
    assertThat(Rejections.of(ResourceKind.ROUTES, routes.build()))
        .isEqualTo(
            "virtual_hosts[0].routes[0].match: has field number 4711, which this version lacks");
  }

  @Test
  void documentation_isCurrent() throws IOException {
    Path file = SupportDocument.FILE;
    String generated = SupportDocument.text();
    if (Boolean.getBoolean("inmesh.docs.write")) {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.writeString(file, generated);
    }
    assertThat(file)
        .as("run this test with -Dinmesh.docs.write=true to write it again")
        .hasContent(generated);
  }
}
