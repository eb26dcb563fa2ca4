package io.inmesh;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import java.util.concurrent.locks.Lock;

/** The arrows of mesh-core. */
@AnalyzeClasses(packages = "io.inmesh", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  /** Each package is a slice; the root is the vocabulary and the façade, and belongs to none. */
  private static final class Packages implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().equals("io.inmesh")
          ? SliceIdentifier.ignore()
          : SliceIdentifier.of(type.getPackageName());
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }

  /** What a request touches. */
  private static final String[] REQUEST_PATH = {
    "io.inmesh.call..",
    "io.inmesh.route..",
    "io.inmesh.match..",
    "io.inmesh.balance..",
    "io.inmesh.resilience..",
    "io.inmesh.filter..",
    "io.inmesh.telemetry.."
  };

  @ArchTest
  static final ArchRule packages_formNoCycle =
      slices().assignedFrom(new Packages()).should().beFreeOfCycles();

  /** From the top down; the control plane's packages stand above the identities they fetch. */
  private static final List<String> DOWN =
      List.of(
          "call.engine",
          "filter.authz",
          "filter.jwt",
          "filter",
          "resilience",
          "route",
          "telemetry",
          "probe",
          "balance",
          "call",
          "xds",
          "wire",
          "identity",
          "match",
          "control",
          "socket",
          "model");

  @ArchTest
  static void packages_areAllInTheOrder(JavaClasses classes) {
    assertThat(
            classes.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith("io.inmesh."))
                .map(name -> name.substring("io.inmesh.".length()))
                .filter(name -> !name.startsWith("wire.")))
        .as("generated stubs are below wire")
        .isSubsetOf(DOWN);
  }

  @ArchTest
  static void packages_pointDown(JavaClasses classes) {
    for (int i = 1; i < DOWN.size(); i++) {
      String[] above =
          DOWN.subList(0, i).stream().map(name -> "io.inmesh." + name).toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage("io.inmesh." + DOWN.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(above)
          .check(classes);
    }
  }

  @ArchTest
  static final ArchRule model_dependsOnNothing =
      classes()
          .that()
          .resideInAPackage("io.inmesh.model..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("io.inmesh.model..", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule control_dependsOnNothing =
      classes()
          .that()
          .resideInAPackage("io.inmesh.control..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("io.inmesh.control..", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule core_knowsNoTransportAndNoFramework =
      noClasses()
          .that()
          .haveNameNotMatching("io\\.inmesh\\.wire\\.(UnixSocket|SecuredConnections).*")
          .and()
          .resideOutsideOfPackages("io.inmesh.probe", "io.inmesh.socket")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.netty..",
              "org.springframework..",
              "jakarta..",
              "javax.servlet..",
              "io.inmesh.http..",
              "io.inmesh.grpc..",
              "io.inmesh.spring..");

  @ArchTest
  static final ArchRule protobuf_staysOnTheWire =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.inmesh.xds..", "io.inmesh.wire..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.protobuf..", "io.envoyproxy..");

  @ArchTest
  static final ArchRule decoders_emitTheModelOnly =
      noClasses()
          .that()
          .resideInAnyPackage("io.inmesh.xds..", "io.inmesh.wire..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(REQUEST_PATH);

  @ArchTest
  static final ArchRule requests_neverSeeTheControlPlane =
      noClasses()
          .that()
          .resideInAnyPackage(REQUEST_PATH)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.inmesh.xds..", "io.inmesh.wire..");

  @ArchTest
  static final ArchRule engine_isSeenByTheMeshOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.inmesh", "io.inmesh.call.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.inmesh.call.engine..");

  @ArchTest
  static final ArchRule balancing_knowsNoRequests =
      noClasses()
          .that()
          .resideInAPackage("io.inmesh.balance..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.inmesh.call..",
              "io.inmesh.route..",
              "io.inmesh.match..",
              "io.inmesh.filter..",
              "io.inmesh.telemetry..");

  @ArchTest
  static final ArchRule requestPath_takesNoLocks =
      noClasses()
          .that()
          .resideInAnyPackage(REQUEST_PATH)
          .should()
          .dependOnClassesThat()
          .areAssignableTo(Lock.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(ThreadLocal.class);

  @ArchTest
  static final ArchRule requestPath_isNotSynchronized =
      methods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(REQUEST_PATH)
          .should()
          .notHaveModifier(JavaModifier.SYNCHRONIZED);

  @ArchTest
  static final ArchRule requestPath_usesLinearRegexesOnly =
      noClasses()
          .that()
          .resideInAnyPackage(REQUEST_PATH)
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.regex.Pattern");
}
