using System.Reflection;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.State;

namespace ConnectAgent.Tests.Limits;

/// <summary>The bounds that the code declares.</summary>
internal static class DeclaredLimits
{
    public static IReadOnlyList<(LimitAttribute Mark, object Default)> All { get; } =
    [
        .. from type in Product.Types
           from member in Members(type)
           let mark = member.GetCustomAttribute<LimitAttribute>()
           where mark is not null
           select (mark, DefaultOf(member)),
    ];

    private static IEnumerable<MemberInfo> Members(Type type) =>
        type.GetMembers(BindingFlags.DeclaredOnly | BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

    private static object DefaultOf(MemberInfo member) => member switch
    {
        FieldInfo field => field.GetValue(null)!,
        PropertyInfo property => property.GetValue(Activator.CreateInstance(property.DeclaringType!))!,
        _ => throw new InvalidOperationException(member.Name),
    };
}
