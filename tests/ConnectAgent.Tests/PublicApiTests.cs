using System.Reflection;
using System.Runtime.CompilerServices;
using ConnectAgent.Client;
using ConnectAgent.Client.AspNetCore;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests;

/// <summary>What programs of others are compiled against is approved text: a change of it is seen, and meant.</summary>
public sealed class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // What the compiler makes for a record.
    private static readonly HashSet<string> Made = ["Equals", "GetHashCode", "PrintMembers", "EqualityContract", "<Clone>$", "op_Equality", "op_Inequality", "Deconstruct"];

    public static TheoryData<string> Libraries =>
        [.. new[] { typeof(ConnectClient), typeof(ConnectServerOptions), typeof(TestMesh) }.Select(static type => type.Assembly.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_is_the_approved_one(string library)
    {
        var approved = Path.Combine(Repository.Root, "tests", "ConnectAgent.Tests", "approved", library + ".txt");
        var received = Path.Combine(AppContext.BaseDirectory, library + ".txt");
        File.WriteAllText(received, string.Join('\n', Surface(Assembly.Load(library))) + '\n');
        File.ReadAllText(received).Should().Be(
            File.Exists(approved) ? File.ReadAllText(approved) : string.Empty, "the public surface is that of {0}; when the change is meant, copy {1} there", approved, received);
    }

    private static IEnumerable<string> Surface(Assembly assembly) => assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal)
        .SelectMany(type => MembersOf(type).Order(StringComparer.Ordinal).Select(static member => "    " + member).Prepend(Heading(type)).Append(string.Empty));

    private static string Heading(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.GetMethod("<Clone>$") is not null ? "record" : "class";
        List<string> bases = [.. type.GetInterfaces().Where(one => !one.Name.StartsWith("IEquatable", StringComparison.Ordinal)).Select(NameOf).Order(StringComparer.Ordinal)];
        if (type.BaseType is { } parent && parent != typeof(object) && !type.IsEnum && !type.IsValueType)
        {
            bases.Insert(0, NameOf(parent));
        }

        return $"{kind} {type.Namespace}.{NameOf(type)}" + (bases.Count > 0 && !type.IsEnum ? " : " + string.Join(", ", bases) : string.Empty);
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}");
        }

        return type.GetMembers(Declared).Select(Line).OfType<string>();
    }

    private static string? Line(MemberInfo member) => member switch
    {
        _ when Made.Contains(member.Name) || member.GetCustomAttribute<CompilerGeneratedAttribute>() is not null && member is not PropertyInfo => null,
        ConstructorInfo made when IsSeen(made) && !IsCopy(made) => $"ctor({Parameters(made)})",
        MethodInfo { IsSpecialName: false } method when IsSeen(method) => $"{Static(method)}{NameOf(method.ReturnType)} {method.Name}({Parameters(method)})",
        PropertyInfo property when property.GetMethod is { } get && IsSeen(get) =>
            $"{Static(get)}{NameOf(property.PropertyType)} {property.Name} {{ get; {Setter(property)}}}",
        FieldInfo { IsPublic: true } field => $"{(field.IsLiteral ? "const " : "static ")}{NameOf(field.FieldType)} {field.Name}",
        _ => null,
    };

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsCopy(ConstructorInfo made) => made.GetParameters() is [var only] && only.ParameterType == made.DeclaringType;

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : string.Empty;

    private static string Setter(PropertyInfo property) => property.SetMethod is not { } set || !IsSeen(set) ? string.Empty
        : set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{(parameter.IsOut ? "out " : string.Empty)}{NameOf(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "null") : string.Empty)}"));

    private static string NameOf(Type type)
    {
        if (type.IsByRef || type.IsArray)
        {
            return NameOf(type.GetElementType()!) + (type.IsArray ? "[]" : string.Empty);
        }

        return type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : type.Name;
    }
}
