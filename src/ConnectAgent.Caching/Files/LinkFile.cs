using System.Runtime.InteropServices;
using System.Text;

namespace ConnectAgent.Caching.Files;

/// <summary>A symbolic link that is pointed elsewhere at one moment: who follows it sees the old place or the new one.</summary>
internal static class LinkFile
{
    /// <summary>Makes the link, or points it elsewhere.</summary>
    /// <param name="path">Of the link.</param>
    /// <param name="target">Relative to its folder.</param>
    /// <exception cref="IOException">The system refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Point(string path, string target)
    {
        var temporary = path + PrivateFile.TemporarySuffix;
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, target);

        // The framework moves no link to a folder over another one.
        if (Rename(Encoding.UTF8.GetBytes(temporary + '\0'), Encoding.UTF8.GetBytes(path + '\0')) != 0)
        {
            var reason = Marshal.GetLastPInvokeErrorMessage();
            PrivateFile.TryDelete(temporary);
            throw new IOException($"{path}: {reason}");
        }

        PrivateFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; these take only blittable arguments.
    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(byte[] from, byte[] to);
#pragma warning restore SYSLIB1054
}
