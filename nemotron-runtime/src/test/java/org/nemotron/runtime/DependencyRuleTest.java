package org.nemotron.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the runtime knows core and nothing of how a model was compressed. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.runtime");

  @Test
  void runtime_anyClass_knowsNeitherNasNorExamples() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.nemotron.nas..", "org.nemotron.examples..")
        .check(CLASSES);
  }

  @Test
  void runtime_anyClass_knowsNoPointerScopes() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
        .check(CLASSES);
  }

  @Test
  void packages_together_haveNoCycles() {
    slices()
        .matching("org.nemotron.runtime.(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void publicSignatures_ofExportedPackages_nameNoNativeTypes() {
    codeUnits()
        .that()
        .areDeclaredInClassesThat()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage("..internal..")
        .and()
        .arePublic()
        .should(nameNoNativeTypes())
        .check(CLASSES);
  }

  private static ArchCondition<JavaCodeUnit> nameNoNativeTypes() {
    return new ArchCondition<>("name no type of LibTorch's bindings") {
      @Override
      public void check(JavaCodeUnit member, ConditionEvents events) {
        Stream.concat(Stream.of(member.getReturnType()), member.getParameterTypes().stream())
            .flatMap(type -> type.getAllInvolvedRawTypes().stream())
            .filter(type -> type.getPackageName().startsWith("org.bytedeco"))
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            member, member.getDescription() + " names " + type.getName())));
      }
    };
  }

  private static JavaClasses classesIn(String packageName) {
    // Names of foreign classes are enough; to read LibTorch's bindings would take ten seconds.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(new DoNotIncludeTests())
        .importPackages(packageName);
  }
}
