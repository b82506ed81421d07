using System.Reflection;
using ConnectAgent.Cli;

namespace ConnectAgent.Tests;

/// <summary>The assemblies that are shipped, found from the executable: a new project is looked at without being named.</summary>
internal static class Product
{
    public static IReadOnlyList<Assembly> Assemblies { get; } = Reached(typeof(CommandRunner).Assembly);

    public static IEnumerable<Type> Types => Assemblies.SelectMany(static assembly => assembly.GetTypes());

    private static List<Assembly> Reached(Assembly executable)
    {
        List<Assembly> found = [executable];
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].GetReferencedAssemblies()
                .Where(static name => name.Name!.StartsWith("ConnectAgent", StringComparison.Ordinal))
                .Select(Assembly.Load).Except(found));
        }

        return found;
    }
}
