using System.Runtime.InteropServices;
using System.Text;

namespace ConnectAgent.Caching.Files;

/// <summary>Whose a file is, which the framework does not tell.</summary>
internal static class FileOwner
{
    // From linux/stat.h; the layout of struct statx is one for all processors.
    private const int FromCurrentDirectory = -100;
    private const uint UserIdMask = 0x8;
    private const int UserIdOffset = 20;
    private const int StructBytes = 256;

    /// <summary>The user that this process acts as; null where the system does not tell.</summary>
    public static uint? OfThisProcess => Of("/proc/self");

    /// <summary>The user ID of a file's owner, through links; null where the system does not tell.</summary>
    public static uint? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var found = new byte[StructBytes];
        return Statx(FromCurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), 0, UserIdMask, found) == 0 ? BitConverter.ToUInt32(found, UserIdOffset) : null;
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; these take only blittable arguments.
    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] found);
#pragma warning restore SYSLIB1054
}
