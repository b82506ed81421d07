using System.Globalization;

namespace ConnectAgent.TestKit.Processes;

/// <summary>Who is in a process group.</summary>
public static class ProcessGroups
{
    /// <summary>Its living members: what has died may wait as a zombie until somebody fetches its exit code.</summary>
    public static IReadOnlyList<int> LivingIn(int group)
    {
        List<int> members = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), out var id)
                    && File.ReadAllText(Path.Combine(folder, "stat")) is var stat
                    && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not "Z", _, var itsGroup, ..]
                    && itsGroup == group.ToString(CultureInfo.InvariantCulture))
                {
                    members.Add(id);
                }
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return members;
    }
}
