using System.Reflection;
using ConnectAgent.Cli;
using ConnectAgent.Client.AspNetCore;
using ConnectAgent.Testing;

namespace ConnectAgent.Tests;

/// <summary>The assemblies that are shipped, found from the executable and from the packages that it does not use.</summary>
internal static class Product
{
    public static IReadOnlyList<Assembly> Assemblies { get; } = Reached(typeof(CommandRunner).Assembly, typeof(ConnectServerOptions).Assembly, typeof(TestMesh).Assembly);

    public static IEnumerable<Type> Types => Assemblies.SelectMany(static assembly => assembly.GetTypes());

    private static List<Assembly> Reached(params List<Assembly> found)
    {
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].GetReferencedAssemblies()
                .Where(static name => name.Name!.StartsWith("ConnectAgent", StringComparison.Ordinal))
                .Select(Assembly.Load).Except(found));
        }

        return found;
    }
}
