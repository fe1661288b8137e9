package org.nemotron.core.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.stream.Stream;

/** Rules of architecture that every module keeps, and the classes that they look at. */
public final class ArchitectureRules {
  private static final String BINDINGS = "org.bytedeco";

  private ArchitectureRules() {}

  /** Returns the classes of a package and of those below it, without its tests. */
  public static JavaClasses classesIn(String packageName) {
    // Names of foreign classes are enough; to read LibTorch's bindings would take ten seconds.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(new DoNotIncludeTests())
        .importPackages(packageName);
  }

  /** No class depends on one of these packages, such as {@code org.nemotron.nas..}. */
  public static ArchRule noDependenciesOn(String... packages) {
    return noClasses().should().dependOnClassesThat().resideInAnyPackage(packages);
  }

  /** No class outside of {@code owner} names PointerScope: native memory goes by NativeScope. */
  public static ArchRule noPointerScopesOutside(String owner) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(owner)
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName(BINDINGS + ".javacpp.PointerScope");
  }

  /** No public method or constructor of the public types named here has a native type. */
  public static ArchRule noNativeTypesInSignaturesOf(DescribedPredicate<JavaClass> types) {
    return codeUnits()
        .that()
        .areDeclaredInClassesThat()
        .arePublic()
        .and()
        .areDeclaredInClassesThat(types)
        .and()
        .arePublic()
        .should(nameNoNativeTypes());
  }

  private static ArchCondition<JavaCodeUnit> nameNoNativeTypes() {
    return new ArchCondition<>("name no type of LibTorch's bindings") {
      @Override
      public void check(JavaCodeUnit member, ConditionEvents events) {
        Stream.concat(Stream.of(member.getReturnType()), member.getParameterTypes().stream())
            .flatMap(type -> type.getAllInvolvedRawTypes().stream())
            .filter(type -> type.getPackageName().startsWith(BINDINGS))
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            member, member.getDescription() + " names " + type.getName())));
      }
    };
  }
}
